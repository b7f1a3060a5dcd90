/** A web server's access log in Apache's combined format, made up. Pure: the same count and seed give the same lines. */

const PATHS = ["/", "/index.html", "/about", "/products", "/products/42", "/cart", "/search?q=mill", "/api/v1/orders"];
const METHODS = ["GET", "GET", "GET", "GET", "POST", "HEAD"];
const STATUSES = [200, 200, 200, 200, 200, 200, 304, 301, 404, 500];
const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5)",
  "curl/8.5.0",
  "ExampleBot/2.1 (+http://bot.example/)",
];
const REFERRERS = ["-", "https://example.com/", "https://search.example/?q=stream"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const START_MS = Date.UTC(2026, 0, 1);
/** Distinct client addresses: few enough that keys repeat, many enough to spread. */
const CLIENTS = 500;
const REQUEST_GAP_MAX_MS = 400;

/** `lines` log lines without line ends. */
export function* sampleAccessLog(lines: number, seed: number): Generator<string> {
  const next = generator(seed);
  const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;
  let timeMs = START_MS;
  for (let line = 0; line < lines; line += 1) {
    timeMs += next(REQUEST_GAP_MAX_MS);
    // The smaller of two: some clients are much busier than others, as in life.
    const client = Math.min(next(CLIENTS), next(CLIENTS));
    const address = `10.${client % 7}.${client >> 6}.${1 + (client % 250)}`;
    const request = `${pick(METHODS)} ${pick(PATHS)} HTTP/1.1`;
    const status = pick(STATUSES);
    const bytes = status === 304 ? "-" : String(200 + next(30_000));
    yield `${address} - - [${apacheTime(timeMs)}] "${request}" ${status} ${bytes} "${pick(REFERRERS)}" "${pick(AGENTS)}"`;
  }
}

function apacheTime(timeMs: number): string {
  const time = new Date(timeMs);
  const clock = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(two).join(":");
  return `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}:${clock} +0000`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** xorshift32: whole numbers from 0 to below `limit`. */
function generator(seed: number): (limit: number) => number {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}
