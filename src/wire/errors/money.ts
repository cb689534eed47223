/** Codes and types of errors that are about money whatever the status: OpenAI, Anthropic, Moonshot, LiteLLM, Qwen, Z.ai. */
const CODES =
  /\b(?:insufficient_quota|credit_balance_\w+|exceeded_current_quota_error|enforced_spend_limit_reached|billing_error|billing_hard_limit_reached|budget_exceeded)\b|\bArrearage\b|^1113\b/i;

/** The same in words: Anthropic, OpenRouter ("Insufficient credits", "Key limit exceeded"), DeepSeek, Z.ai, Alibaba. */
const WORDS =
  /insufficient[ _](?:account )?(?:balance|credits?|funds)|credit balance|out of (?:credits|extra usage)|requires more credits|reached your specified .*usage limits|spend(?:ing)? limit|credit limit|budget has been exceeded|used all available credits|arrears|account is in good standing|key limit exceeded|payment required|余额不足|欠费/i;

/** Whether a refusal says that money, or what was paid for, is used up: then nothing but money or the next period helps. */
export function isMoney(text: string): boolean {
  return CODES.test(text) || WORDS.test(text);
}

/** That it is so, in words. */
export const NO_MONEY = 'the credit or a spend limit is used up';
