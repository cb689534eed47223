import { BASE, block, called, choice, image, messages, said, TOOL, tool } from './bodies.ts';

/** What is odd, but means something beyond doubt. */
export const TAKEN: readonly [name: string, change: object][] = [
  ['nothing wrong', {}],
  ['empty content', said('')],
  ['no blocks', said([])],
  ['a block of next year', block({ type: 'hologram', data: { deep: [1] } })],
  ['an image of a source of next year', image({ type: 'satellite' })],
  ['a call that lost its id', called({ id: undefined }, { tool_use_id: '' })],
  ['a call whose id is null', called({ id: null }, { tool_use_id: '' })],
  ['a call without input', called({ input: undefined })],
  ['an input that is a list', called({ input: [1] })],
  ['a call without a name to speak of', called({ name: '' })],
  ['a name that no server takes', called({ name: 'odd name\n' })],
  ['a result without content', called({}, { content: undefined })],
  ['a result whose content is null', called({}, { content: null, is_error: null })],
  [
    'thoughts that are none',
    messages(BASE.messages[0], {
      role: 'assistant',
      content: [{ type: 'thinking' }, { type: 'redacted_thinking' }],
    }),
  ],
  [
    'thoughts of its own that are none',
    messages(BASE.messages[0], {
      role: 'assistant',
      content: [
        { type: 'thinking', signature: 'ccp1:acme' },
        { type: 'text', text: 'a' },
      ],
    }),
  ],
  ['no tools', { tools: null, tool_choice: null }],
  ['a tool without a schema', tool({ input_schema: undefined, description: null })],
  ['a tool whose type is null', tool({ type: null, input_schema: null })],
  ['a tool of next year', { tools: [TOOL, { type: 'telescope_20300101' }] }],
  ['a name of a tool that no server takes', tool({ name: 'odd name' })],
  ['a name of a tool that is long', tool({ name: `mcp__${'long_'.repeat(40)}` })],
  [
    'two such names that look alike',
    {
      tools: [
        { ...TOOL, name: 'odd name' },
        { ...TOOL, name: 'odd.name' },
      ],
      tool_choice: { type: 'tool', name: 'odd.name' },
    },
  ],
  ['a tool twice', { tools: [TOOL, TOOL] }],
  [
    'a schema of odd properties',
    tool({
      input_schema: { type: 'object', properties: { a: 5, b: [], c: null, d: 'x', e: true }, required: 'a' },
    }),
  ],
  [
    'a schema of odd keywords',
    tool({
      input_schema: {
        type: 5,
        properties: {
          a: {
            type: {},
            enum: 'x',
            items: 5,
            properties: [],
            description: 5,
            anyOf: 5,
            oneOf: [],
            allOf: [7, true],
          },
        },
      },
    }),
  ],
  ['a schema whose properties are a list', tool({ input_schema: { properties: [] } })],
  [
    'a schema with a prototype',
    tool({ input_schema: JSON.parse('{"__proto__":{"properties":{"a":{}}},"constructor":{"x":1}}') }),
  ],
  ['a system prompt that is null', { system: null }],
  ['no limit', { max_tokens: undefined }],
  ['a limit that is null', { max_tokens: null }],
  [
    'settings that are null',
    {
      temperature: null,
      top_p: null,
      top_k: null,
      stop_sequences: null,
      thinking: null,
      output_config: null,
      output_format: null,
      metadata: null,
    },
  ],
  [
    'settings of settings that are null',
    { thinking: { type: 'enabled', budget_tokens: null }, output_config: { effort: null, format: null } },
  ],
  ['a temperature of other APIs', { temperature: 1.5 }],
  ['blank stop sequences', { stop_sequences: ['', ' '] }],
  ['a choice of next year', choice({ type: 'most' })],
  ['a choice of a tool that is gone', choice({ type: 'tool', name: 'Gone' })],
  ['thinking of next year', { thinking: { type: 'deep' } }],
  ['a budget below nothing', { thinking: { type: 'enabled', budget_tokens: -1 } }],
  ['an effort of next year', { output_config: { effort: 'utmost' } }],
  ['an effort with the name of a property', { output_config: { effort: '__proto__' } }],
  ['an effort with the name of a method', { output_config: { effort: 'constructor' } }],
  ['a form of next year', { output_config: { format: { type: 'grammar' } } }],
  ['metadata that is none', { metadata: 5 }],
  ['fields of next year', { horizon: [1], __proto: {} }],
  [
    'cache marks that are none',
    { ...said([{ type: 'text', text: 'a', cache_control: 5 }]), cache_control: [] },
  ],
];
