import type { JsonObject } from '../../core/messages.ts';
import { text } from '../answers.ts';
import type { Fault } from '../faults.ts';
import { expectAsked, expectFinished, expectState } from '../laws.ts';
import type { Scenario } from '../scenario.ts';
import { wordsOf } from '../scene.ts';
import { spoiled } from './spoiled.ts';

type Status = Extract<Fault, { kind: 'status' }>;

function anthropicError(type: string, message: string, details: JsonObject = {}): JsonObject {
  return { type: 'error', error: { type, message, ...details }, request_id: 'req_drill' };
}

/** A refusal that another upstream is asked after. */
function movesOn(name: string, title: string, fault: Omit<Status, 'kind'>, asked = 1): Scenario {
  const scenario = spoiled({
    name,
    phase: 'refused',
    title,
    fault: { kind: 'status', ...fault },
    asked,
    expected: { requests: 1 },
  });
  return whereTriggered(fault.status, scenario);
}

/** Played where the user's `triggers` have Anthropic's status move on; another's always does. */
export function whereTriggered(status: number, scenario: Scenario): Scenario {
  return {
    ...scenario,
    async play(scene) {
      const { failover } = scene.stage.configuration.settings;
      const isNative = scene.primary.upstream.native;
      if (!isNative || (failover.enabled && failover.triggers(status))) return scenario.play(scene);
      scene.remark(`failover.triggers leaves out ${status}: the client sees it`);
    },
  };
}

/** A refusal that is about the request: from Anthropic it is the client's, from any other upstream the next is asked. */
function clients(name: string, title: string, status: number, type: string, message: string): Scenario {
  return spoiled({
    name,
    phase: 'refused',
    title,
    fault: { kind: 'status', status, message, body: anthropicError(type, message) },
    isClients: true,
    // A backup is asked once more without what it refused.
    asked: 2,
  });
}

/** Answers with an error status. */
export const refusals: readonly Scenario[] = [
  movesOn('401', 'The key is not accepted', { status: 401 }),
  movesOn('402', 'The bill was not paid', { status: 402 }),
  movesOn('403', 'The key may not do this', { status: 403 }),
  movesOn('404', 'The model does not exist there', { status: 404 }),
  movesOn('408', 'It took too long for itself', { status: 408 }, 2),
  movesOn('409', 'It contradicts itself', { status: 409 }, 2),
  movesOn('429', 'A limit is reached, and it says nothing of when it ends', { status: 429 }),
  movesOn('429-retry-after', 'A limit is reached for half a minute', {
    status: 429,
    headers: { 'retry-after': '30' },
  }),
  movesOn('429-subscription', 'The limit of the subscription is used up for hours', {
    status: 429,
    headers: {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-reset': String(Math.floor(Date.UTC(2030, 0, 1) / 1000)),
    },
  }),
  movesOn('429-spend', 'The month’s spending limit is reached', {
    status: 429,
    body: anthropicError('rate_limit_error', 'The spend limit of this month is reached.', {
      details: { error_code: 'enforced_spend_limit_reached' },
    }),
  }),
  spoiled({
    name: '400-credit',
    phase: 'refused',
    title: 'The credit is used up, which it says with 400',
    fault: {
      kind: 'status',
      status: 400,
      body: anthropicError('invalid_request_error', 'Your credit balance is too low to access the API.'),
    },
    expected: { requests: 1 },
    asked: 2,
  }),
  movesOn('500', 'It fails once', { status: 500 }),
  movesOn('500-plain', 'It fails with an empty body', { status: 500, body: '' }),
  movesOn('502-page', 'A gateway in front of it shows a page', {
    status: 502,
    body: '<html><title>502 Bad Gateway</title></html>',
  }),
  movesOn('503', 'It is not available', { status: 503 }),
  movesOn('503-retry-after', 'It is not available for two minutes', {
    status: 503,
    headers: { 'retry-after': '120' },
  }),
  movesOn('504', 'It waited too long for somebody else', { status: 504 }),
  movesOn('520', 'The network in front of it does not reach it', { status: 520, body: '<html></html>' }),
  movesOn('529', 'It is overloaded', { status: 529 }),
  clients('400', 'The request is wrong', 400, 'invalid_request_error', 'messages.3: not understood'),
  clients(
    '400-too-long',
    'The conversation does not fit the model',
    400,
    'invalid_request_error',
    'prompt is too long: 210000 tokens > 200000 maximum',
  ),
  clients(
    '400-filter',
    'A content filter rejects it',
    400,
    'invalid_request_error',
    'Output blocked by policy',
  ),
  clients('413', 'The request is too large', 413, 'request_too_large', 'Request exceeds the maximum size'),
  clients('422', 'The request cannot be processed', 422, 'invalid_request_error', 'not processable'),
  whereTriggered(500, {
    name: '500-once',
    phase: 'refused',
    title: 'It fails a single time, and is well again',
    clock: 'real',
    async play(scene) {
      const { primary } = scene;
      await primary.play([{ fault: { kind: 'status', status: 500 } }, { answer: text(wordsOf(primary)) }]);
      expectFinished(scene, await scene.turn(), { requests: 1, by: [primary, ...scene.backups] });
      // One failure moves nobody: the next request finds its prompt cache where it was.
      expectFinished(scene, await scene.turn(), { requests: 1, by: [primary] });
    },
  }),
  again('503-persistent', 'It is not available, request after request', 503, 'open'),
  again('429-persistent', 'A limit is reached, request after request', 429, 'cooldown'),
];

/** One that refuses every request: soon it is not asked any more. */
function again(name: string, title: string, status: number, state: string): Scenario {
  return whereTriggered(status, {
    name,
    phase: 'refused',
    title,
    clock: 'real',
    async play(scene) {
      const { primary } = scene;
      await primary.play({ fault: { kind: 'status', status } });
      const { failures } = primary.upstream.breaker;
      for (let turn = 0; turn < failures + 4; turn += 1)
        expectFinished(scene, await scene.turn({ session: `s${turn}` }), { requests: 1 });
      expectAsked(scene, primary, failures);
      await expectState(scene, primary, state);
    },
  });
}
