/** Entry of the thread that copies a database. */
import { parentPort } from 'node:worker_threads';
import { copyDatabase } from './backup.ts';
import { type Channel, serve } from './thread.ts';

serve(parentPort as unknown as Channel, { copy: copyDatabase });
