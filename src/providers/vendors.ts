/** Who serves models that the snapshot of models.dev has facts of, by the names there. */
export const VENDORS = [
  'amazon-bedrock',
  'anthropic',
  'azure',
  'cerebras',
  'deepseek',
  'fireworks-ai',
  'google',
  'google-vertex',
  'groq',
  'lmstudio',
  'minimax',
  'mistral',
  'moonshotai',
  'ollama-cloud',
  'openai',
  'openrouter',
  'togetherai',
  'xai',
  'zai',
] as const;

export type Vendor = (typeof VENDORS)[number];
