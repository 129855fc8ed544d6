/** Tokens in ClickHouse: one row each, on the first shard. */
import { compareTexts } from '@tacho/protocol';
import type { TokenRow, TokenStore } from '../store.ts';
import type { Shard } from './connection.ts';
import { quoted, quotedList } from './sql.ts';

/** See `TokenStore`. */
export class ClickHouseTokens implements TokenStore {
  readonly #shard: Shard;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  async tokens(): Promise<TokenRow[]> {
    const rows = await this.#rows('1');
    return rows
      .map(({ row }) => JSON.parse(row) as TokenRow)
      .sort((a, b) => a.createdUs - b.createdUs || compareTexts(a.id, b.id));
  }

  async addToken(token: TokenRow): Promise<void> {
    await this.#write(token, await this.#knownOf(token.id), false);
  }

  async removeToken(id: string): Promise<boolean> {
    const [found] = await this.#rows(`id = ${quoted(id)}`);
    if (found === undefined) return false;
    // Whoever notes a use of it at the same time does not bring it back.
    await this.#write(JSON.parse(found.row) as TokenRow, Number.MAX_SAFE_INTEGER - 1, true);
    return true;
  }

  async noteTokenUse(uses: ReadonlyMap<string, number>): Promise<void> {
    if (uses.size === 0) return;
    const found = await this.#rows(`id IN ${quotedList(uses.keys())}`);
    await this.#shard.insert(
      'token',
      found.map(({ id, known, row }) => {
        const token = { ...(JSON.parse(row) as TokenRow), usedUs: uses.get(id)! };
        return { id, known: known + 1, gone: false, row: JSON.stringify(token) };
      }),
    );
  }

  async #rows(where: string): Promise<{ id: string; known: number; row: string }[]> {
    return this.#shard.rows(`SELECT id, known, row FROM token FINAL WHERE NOT gone AND (${where})`);
  }

  async #knownOf(id: string): Promise<number> {
    const [row] = await this.#shard.rows<{ last: number }>(
      `SELECT max(known) AS last FROM token WHERE id = ${quoted(id)}`,
    );
    return row?.last ?? 0;
  }

  async #write(token: TokenRow, known: number, gone: boolean): Promise<void> {
    const row = JSON.stringify(token);
    await this.#shard.insert('token', [{ id: token.id, known: known + 1, gone, row }]);
  }
}
