import { configureSync, getLogger, type Logger, type LogLevel, type LogRecord } from '@logtape/logtape';

/** Levels of `--log-level` and `CCPROXY_LOG_LEVEL`, loudest last. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/**
 * Sets up the one log of the process. Nothing that is logged holds a credential or message content: records are made of
 * names, numbers and the words of failures.
 * @param write takes one line, without its end.
 */
export function openLog(level: LogLevelName, write: (line: string) => void): Logger {
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(format(record)) },
    loggers: [
      { category: ['ccproxy'], lowestLevel: level as LogLevel, sinks: ['lines'] },
      { category: ['logtape', 'meta'], lowestLevel: 'fatal', sinks: [] },
    ],
  });
  return getLogger(['ccproxy']);
}

function format({ timestamp, level, message }: LogRecord): string {
  const time = new Date(timestamp).toTimeString().slice(0, 8);
  const text = message.map((part) => (typeof part === 'string' ? part : String(part))).join('');
  return `${time} ${level === 'info' ? '' : `${level}: `}${printable(text)}`;
}

/** One line without control characters: an upstream's words must neither forge a line nor steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}
