import type { Case } from '../case.ts';
import { appendCases } from './append.ts';
import { besideBareCases } from './beside-bare.ts';
import { completeCases } from './complete.ts';
import { copyCases } from './copy.ts';
import { edgeCases } from './edge.ts';
import { segmentCases } from './segments.ts';

/** All cases, in the order of the table. */
export const cases: readonly Case[] = [
  ...besideBareCases,
  ...edgeCases,
  ...copyCases,
  ...completeCases,
  ...appendCases,
  ...segmentCases,
];
