/** Structured logs: one JSON object a line on stderr. The only file that knows pino. */
import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

/** Severities a process can be configured to log from; `silent` logs nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Structured members of one log line. Errors go under `error`, the client's request id under `requestId`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What every package takes to log with. Messages are constant text; what varies goes into `fields`. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

/** Who logs, from which severity, and where to (stderr when absent). */
export interface LoggerOptions {
  readonly role: string;
  readonly id?: string;
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}

/** A logger for one process. Lines carry `level` as a word, `time` as ISO 8601, `role` and `id`. */
export function createLogger(options: LoggerOptions): Logger {
  const base = options.id === undefined ? { role: options.role } : { role: options.role, id: options.id };
  return wrap(
    pino(
      {
        level: options.level,
        base,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: pino.stdSerializers.err },
      },
      // Synchronous: a process that ends because of a defect has still written why.
      options.destination ?? pino.destination({ dest: 2, sync: true }),
    ),
  );
}

function wrap(inner: PinoLogger): Logger {
  return {
    debug: (fields, message) => inner.debug(fields, message),
    info: (fields, message) => inner.info(fields, message),
    warn: (fields, message) => inner.warn(fields, message),
    error: (fields, message) => inner.error(fields, message),
    child: (fields) => wrap(inner.child(fields)),
  };
}
