/** The other half of contract.test.ts. */
import { describePart } from './contract.ts';

describePart(1);
