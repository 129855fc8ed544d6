/** Tokens of the in-memory store. */
import type { TokenRow, TokenStore } from '../store.ts';

/** Keeps tokens as long as the object lasts. */
export class MemoryTokens implements TokenStore {
  readonly #rows = new Map<string, TokenRow>();

  async tokens(): Promise<TokenRow[]> {
    return [...this.#rows.values()].sort(
      (a, b) => a.createdUs - b.createdUs || (a.id < b.id ? -1 : 1),
    );
  }

  async addToken(token: TokenRow): Promise<void> {
    this.#rows.set(token.id, { ...token });
  }

  async removeToken(id: string): Promise<boolean> {
    return this.#rows.delete(id);
  }

  async noteTokenUse(uses: ReadonlyMap<string, number>): Promise<void> {
    for (const [id, usedUs] of uses) {
      const row = this.#rows.get(id);
      if (row !== undefined) this.#rows.set(id, { ...row, usedUs });
    }
  }
}
