/** Entry of the sealer's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { type SealerOptions, sealerHandlers } from './handlers.ts';
import { type Channel, serve } from './thread.ts';

serve(parentPort as unknown as Channel, sealerHandlers(workerData as SealerOptions));
