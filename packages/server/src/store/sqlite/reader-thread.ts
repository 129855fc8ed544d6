/** Entry of a reader's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { readerHandlers } from './handlers.ts';
import { type Channel, serve } from './thread.ts';

serve(parentPort as unknown as Channel, readerHandlers((workerData as { file: string }).file));
