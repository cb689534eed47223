import { type Plan, whole } from './plan.ts';
import type { Recorded } from './recorded.ts';

/** What a healthy provider says to everything that does not ask a model: probes, lists of models, counts. */
export function aside(request: Recorded): Plan {
  const [path = ''] = request.path.split('?', 1);
  if (request.method === 'HEAD') return whole(200, '');
  if (request.method === 'GET' && path.endsWith('/models')) return whole(200, MODELS);
  if (request.method === 'GET' && path.endsWith('/')) return whole(200, {});
  if (request.method === 'POST' && path.endsWith('/count_tokens')) {
    return whole(200, { input_tokens: Math.ceil(request.body.length / 4) });
  }
  const message = `nothing at ${request.method} ${path}`;
  return whole(404, { type: 'error', error: { type: 'not_found_error', message } });
}

const MODELS = {
  object: 'list',
  data: [{ id: 'scripted', type: 'model', object: 'model', display_name: 'scripted' }],
  has_more: false,
  first_id: 'scripted',
  last_id: 'scripted',
};
