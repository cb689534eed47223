/**
 * Claude models that ccproxy lists for clients that ask (gateway model discovery); any other name works as well. Newest
 * first. Source: models.dev, and the default models of the clients it was tested with; where the day of release is not known
 * it is the epoch, as in Anthropic's own list.
 */
export const CLAUDE_MODELS: readonly { id: string; name: string; createdAt: string }[] = [
  { id: 'claude-opus-5-5', name: 'Claude Opus 5.5', createdAt: '1970-01-01T00:00:00Z' },
  { id: 'claude-opus-4-8', name: 'Claude Opus 4.8', createdAt: '2026-05-28T00:00:00Z' },
  { id: 'claude-fable-5', name: 'Claude Fable 5', createdAt: '2026-06-09T00:00:00Z' },
  { id: 'claude-sonnet-5', name: 'Claude Sonnet 5', createdAt: '2026-06-30T00:00:00Z' },
  { id: 'claude-haiku-4-5', name: 'Claude Haiku 4.5', createdAt: '2025-10-15T00:00:00Z' },
];
