/**
 * How a fetch of a missing object from elsewhere ended.
 * - `stored` the object is there now
 * - `missing`, `failed` what was said to everybody
 * - `alone` what came was for one client only
 */
export type FlightEnd = 'stored' | 'missing' | 'failed' | 'alone';

/** Leave to fetch and store, another one's fetch that is under way, or how the one that was waited for ended. */
export type FlightReply = { readonly lead: number } | { readonly busy: number } | { readonly ended: FlightEnd };

/** How long a fetch keeps others waiting of which nothing more is heard. */
const FLIGHT_MS_MAX = 20_000;
/** How long it is remembered how one ended, for those who wait. */
const ENDED_MS = 10_000;
const FLIGHTS_MAX = 10_000;

interface Flight {
  readonly id: number;
  readonly until: number;
  readonly end?: FlightEnd;
}

/**
 * The fetches of a shard's objects that are under way, one for each key. In memory only: what is forgotten costs a
 * second fetch, and the commit decides which of two makes the object.
 */
export class FlightBook {
  readonly #flights = new Map<string, Flight>();
  // Not from 1: who was told of a flight before the shard was restarted must not take a new one for it.
  #last = Math.floor(Math.random() * 2 ** 40);

  /** @param seen the flight that the caller waits for */
  join(key: string, seen: number | undefined, now: number): FlightReply {
    const flight = this.#flights.get(key);
    if (flight !== undefined && now < flight.until) {
      if (flight.end === undefined) return { busy: flight.id };
      // Whoever looked for the object just before it was stored need not fetch it again.
      if (flight.id === seen || flight.end === 'stored') return { ended: flight.end };
    }
    if (this.#flights.size >= FLIGHTS_MAX) this.#sweep(now);
    const id = ++this.#last;
    this.#flights.set(key, { id, until: now + FLIGHT_MS_MAX });
    return { lead: id };
  }

  land(key: string, id: number, end: FlightEnd, now: number): void {
    if (this.#flights.get(key)?.id === id) this.#flights.set(key, { id, until: now + ENDED_MS, end });
  }

  #sweep(now: number): void {
    for (const [key, { until }] of this.#flights) if (until <= now) this.#flights.delete(key);
    if (this.#flights.size >= FLIGHTS_MAX) this.#flights.clear();
  }
}
