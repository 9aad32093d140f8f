import { document, optional, record } from '../xml/schema.ts';
import { choice, integer } from '../xml/values.ts';

/** How many days are allowed depends on the object's class. A tier left out is the usual one ([RestoreObject-6]). */
export const restoreRequest = document(
  'RestoreRequest',
  record({
    days: optional(integer(Number.MIN_SAFE_INTEGER)),
    jobParameters: optional(
      record({ tier: optional(choice(['Expedited', 'Standard', 'Bulk'], { code: 'InvalidArgument' }), 'Standard') }),
    ),
  }),
);
