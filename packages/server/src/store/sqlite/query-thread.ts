/** Entry of the thread for long questions. */
import { parentPort, workerData } from 'node:worker_threads';
import { queryHandlers } from './aggregate/handlers.ts';
import { lowerPriority } from './priority.ts';
import { type Channel, serve } from './thread.ts';

lowerPriority('aggregate');
serve(parentPort as unknown as Channel, queryHandlers((workerData as { file: string }).file));
