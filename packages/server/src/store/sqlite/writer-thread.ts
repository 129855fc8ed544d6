/** Entry of the writer's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { writerHandlers } from './handlers.ts';
import { type Channel, serve } from './thread.ts';
import type { WriterOptions } from './writer.ts';

serve(parentPort as unknown as Channel, writerHandlers(workerData as WriterOptions));
