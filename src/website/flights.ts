import type { FlightEnd } from '../index/flights.ts';

const POLL_MS = 20;
/** Longest wait for somebody else's fetch. */
const WAIT_MS_MAX = 10_000;

/** The one fetch of an object that is under way in this isolate, to be landed by whoever leads it. */
export class Flight {
  end: FlightEnd | undefined;
}

/**
 * Fetches of objects under way in this isolate, so that a crowd that asks for one missing object sends one request to
 * its origin ([WebsiteServing-38]).
 */
export class Flights {
  readonly #running = new Map<string, Flight>();

  /**
   * Leads the fetch of an object, or waits for the one that is under way.
   * @returns a flight to land, or how another one ended
   */
  async join(name: string): Promise<Flight | FlightEnd> {
    const running = this.#running.get(name);
    if (running !== undefined) {
      // Polled, because a promise that another request settles does not keep this one alive.
      for (let waited = 0; waited < WAIT_MS_MAX; waited += POLL_MS) {
        if (running.end !== undefined) return running.end;
        await scheduler.wait(POLL_MS);
      }
      // It takes long, or its request is gone. The next to come wait for this one.
    }
    const flight = new Flight();
    this.#running.set(name, flight);
    return flight;
  }

  land(name: string, flight: Flight, end: FlightEnd): void {
    flight.end ??= end;
    if (this.#running.get(name) === flight) this.#running.delete(name);
  }
}
