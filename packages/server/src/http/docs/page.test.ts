/** The page of the API: whole, safe, and served with nothing that comes from elsewhere. */
import { openapiDocument, type Route, routes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { Harness } from '../testing/harness.ts';
import { html, prose } from './html.ts';
import { docsPage } from './page.ts';
import { schemaTree, typeOf } from './schema-tree.ts';

const page = docsPage(openapiDocument('9.8.7'));

describe('the page of the API', () => {
  it('has a section and an entry in the list for every endpoint', () => {
    for (const [name, route] of Object.entries<Route>(routes)) {
      expect(page).toContain(`<section class="op" id="${name}" data-method="${route.method}"`);
      expect(page).toContain(`href="#${name}" title=`);
    }
    expect(page).toContain('9.8.7');
  });

  it('has every parameter of every endpoint where it can be filled in', () => {
    for (const [name, route] of Object.entries<Route>(routes)) {
      const section = page.slice(page.indexOf(`id="${name}" data-method`)).split('</section>')[0];
      for (const param of Object.keys(route.query ?? {})) {
        expect(section, name).toContain(`<tr data-name="${param}" data-in="query"`);
      }
    }
  });

  it('links only to places that are there', () => {
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !ids.has(id))).toEqual([]);
    expect(ids.size).toBe([...page.matchAll(/ id="/g)].length);
  });

  it('has no script or style in it, and asks no other server for anything', () => {
    expect(page).not.toMatch(/<style|<script(?! src="docs\/docs\.js">)| style="| on\w+="/);
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    for (const address of addresses)
      expect(address).toMatch(/^((docs|api)(\/|$)|#|data:image\/svg)/);
  });

  it('opens and closes its elements in order', () => {
    const open: string[] = [];
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(?<!\/)>/g)) {
      if (['meta', 'link', 'input', 'wbr'].includes(name)) continue;
      if (slash === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('takes the colours of its reader, or those that are asked for', () => {
    expect(page).toContain('<html lang="en">');
    expect(docsPage(openapiDocument('1'), 'dark')).toContain('<html lang="en" data-theme="dark">');
  });
});

describe('the routes of the page', () => {
  it('serve page, style and script with their types, and a policy that forbids everything else', async () => {
    const server = await Harness.start();
    const answers = await Promise.all(
      ['/docs', '/docs/docs.css', '/docs/docs.js'].map((path) => server.ask(path)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ headers }) => headers['content-type'])).toEqual([
      'text/html; charset=utf-8',
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
    const policy = String(answers[0]?.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    for (const { headers } of answers) expect(headers['x-content-type-options']).toBe('nosniff');
    expect((await server.ask('/docs', { method: 'HEAD' })).text).toBe('');
    const { status, headers } = await server.ask('/docs/?theme=dark');
    expect([status, headers.location]).toEqual([308, '../docs?theme=dark']);
  });

  it('serve the document that the page is made from', async () => {
    const server = await Harness.start();
    const { status, json, headers } = await server.ask('/api/openapi.json');
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(json).toEqual(JSON.parse(JSON.stringify(openapiDocument(json.info.version))));
  });

  it('refuse a theme that is none', async () => {
    const server = await Harness.start();
    expect((await server.ask('/docs?theme=dark')).text).toContain('data-theme="dark"');
    const { status, json } = await server.ask('/docs?theme=%22%3E%3Cscript%3E');
    expect([status, json.code]).toEqual([400, 'invalid_field']);
  });
});

describe('templates', () => {
  it('escape what they are given, and leave alone what is HTML already', () => {
    const evil = `<b a="1" b='2'>&`;
    expect(html`<i>${evil}${html`<b>`}${[1, html`<u>`]}${undefined}${false}</i>`.text).toBe(
      '<i>&#60;b a=&#34;1&#34; b=&#39;2&#39;&#62;&#38;<b>1<u></i>',
    );
    expect(prose('a `<b>` c').text).toBe('a <code>&#60;b&#62;</code> c');
  });
});

describe('trees of schemas', () => {
  const schemas = {
    Node: { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } },
    Word: { type: 'string', enum: ['a', 'b'] },
  };
  const node = { $ref: '#/components/schemas/Node' };

  it('end where a schema holds itself', () => {
    expect(schemaTree(node, schemas).text.match(/next/g)).toHaveLength(1);
  });

  it('name what a value is', () => {
    expect(typeOf(node, schemas)).toBe('Node');
    expect(typeOf({ $ref: '#/components/schemas/Word' }, schemas)).toBe('string');
    expect(typeOf({ type: 'array', items: { anyOf: [node, { type: 'null' }] } }, schemas)).toBe(
      'array of (Node or null)',
    );
    expect(typeOf({ type: 'integer', minimum: 1, maximum: 10 }, schemas)).toBe('integer 1 … 10');
    expect(typeOf({ type: 'string', minLength: 1, maxLength: 5 }, schemas)).toBe('string up to 5');
    expect(typeOf({ const: 'x' }, schemas)).toBe('"x"');
    expect(typeOf({}, schemas)).toBe('anything');
  });

  it('say whether a field may be missing, and take the words of its only form that has some', () => {
    const maybe = { anyOf: [{ type: 'number', description: 'How `much`' }, { type: 'null' }] };
    const { text } = schemaTree({ type: 'object', properties: { n: maybe } }, schemas);
    expect(text).toContain('optional');
    expect(text).toContain('How <code>much</code>');
  });
});
