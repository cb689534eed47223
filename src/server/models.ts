import { CLAUDE_MODELS } from '../providers/claude-models.ts';

/** The answer of `GET /v1/models`: a fixed list, so that it comes at once with every upstream down. */
export function listModels(): Response {
  const data = CLAUDE_MODELS.map(({ id, name, createdAt }) => ({
    type: 'model',
    id,
    display_name: name,
    created_at: createdAt,
  }));
  return Response.json({
    data,
    has_more: false,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}
