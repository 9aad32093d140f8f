import { document, record } from '../xml/schema.ts';
import { integer } from '../xml/values.ts';

/** Longest retention, 70 years ([Worm-5]). */
const DAYS_MAX = 25_550;

const days = record({ retentionPeriodInDays: integer(1, DAYS_MAX, { code: 'InvalidWORMConfiguration' }) });

export const initiateWormConfiguration = document('InitiateWormConfiguration', days);
export const extendWormConfiguration = document('ExtendWormConfiguration', days);
