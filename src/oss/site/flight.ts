import type { FlightEnd } from '../../index/flights.ts';
import { Flights } from '../../website/flights.ts';
import type { Exchange } from '../exchange.ts';

const POLL_MS = 100;
/** Longest wait for a fetch of another isolate's. */
const WAIT_MS_MAX = 2_000;

const flights = new Flights();

/** Leave to fetch a missing object from its origin. */
export interface Leave {
  /** Whether what comes is to be stored; otherwise somebody else is about to. */
  readonly stores: boolean;
  /** To be told how it ended, once. */
  land(end: FlightEnd): void;
}

/**
 * Waits for the one fetch of an object that is under way ([WebsiteServing-38]): in this isolate, then anywhere. The first
 * costs nothing; the second one call to the key's shard, and keeps the crowds of all data centres from one origin. A
 * fetch that takes long, as of a large object, is waited for no longer: others get the origin's bytes too, and only it
 * stores them.
 * @param stores whether anything is to be stored; if not, only this isolate's crowd is held together
 * @returns how another one ended, or leave to fetch
 */
export async function waitForTurn(exchange: Exchange, key: string, stores: boolean): Promise<FlightEnd | Leave> {
  const name = `${exchange.bucket.id}/${key}`;
  const own = await flights.join(name);
  if (typeof own === 'string' && own !== 'alone') return own;
  const land = (end: FlightEnd) => {
    if (typeof own === 'object') flights.land(name, own, end);
  };
  if (!stores) return { stores, land };
  try {
    const turn = await waitForOthers(exchange, key);
    if (typeof turn === 'string') land(turn);
    if (typeof turn === 'string' || typeof own === 'string') return turn;
    return {
      stores: turn.stores,
      land: (end) => {
        land(end);
        turn.land(end);
      },
    };
  } catch (error) {
    land('alone');
    throw error;
  }
}

async function waitForOthers({ index, execution }: Exchange, key: string): Promise<FlightEnd | Leave> {
  let seen: number | undefined;
  for (let waited = 0; ; waited += POLL_MS) {
    const reply = await index.joinFlight(key, seen);
    if ('ended' in reply) return reply.ended;
    if ('lead' in reply) {
      // Whoever waits would find out later all the same.
      const land = (end: FlightEnd) => execution.waitUntil(index.landFlight(key, reply.lead, end).catch(() => {}));
      return { stores: true, land };
    }
    if (waited >= WAIT_MS_MAX) return { stores: false, land: () => {} };
    seen = reply.busy;
    await scheduler.wait(POLL_MS);
  }
}
