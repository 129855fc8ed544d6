/** The API as one page of HTML, made from its OpenAPI document; works without any other server. */
import { type OpenapiDocument, routeGroups, scopes } from '@tacho/protocol';
import { type Html, html, prose } from './html.ts';
import { type Endpoint, methodLabel, operationSection, pathOf } from './operation.ts';

/** Makes the page; `theme` overrides what the reader's system prefers. */
export function docsPage(document: OpenapiDocument, theme?: 'light' | 'dark'): string {
  const groups = groupsOf(document);
  const chosen = theme === undefined ? undefined : html` data-theme="${theme}"`;
  return html`<!doctype html>
<html lang="en"${chosen}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tacho API</title>
<link rel="icon" href="${iconUrl}">
<link rel="stylesheet" href="docs/docs.css">
<script src="docs/docs.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the endpoints</a>
${bar(document)}
<div class="page">
${navigation(groups)}
<main id="main">
${introduction(document)}
${groups.map(({ title, about, endpoints }) => group(title, about, endpoints, document))}
</main>
</div>
</body>
</html>
`.text;
}

interface Group {
  title: string;
  about: string;
  endpoints: Endpoint[];
}

function groupsOf({ tags, paths }: OpenapiDocument): Group[] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
  return tags.map(({ name, description }) => ({
    title: name,
    about: description,
    endpoints: all
      .filter(({ operation }) => operation.tags[0] === name)
      .sort((a, b) => placeOf(a) - placeOf(b)),
  }));
}

function bar({ info }: OpenapiDocument): Html {
  return html`<header class="bar">
<a class="brand" href="docs">${mark} Tacho <span>API ${info.version}</span></a>
<label class="search" hidden>${lens}<span class="vh">Search endpoints</span>
<input type="search" id="search" placeholder="Search endpoints" autocomplete="off" spellcheck="false">
<kbd>/</kbd></label>
<span class="grow"></span>
<label class="token" hidden><span>Token</span>
<input type="password" id="token" placeholder="for Try it" autocomplete="off" spellcheck="false"></label>
<a class="button quiet" href="api/openapi.json">openapi.json</a>
<button type="button" class="button quiet icon" data-do="theme" aria-label="Light or dark" hidden>${contrast}</button>
</header>`;
}

function navigation(groups: readonly Group[]): Html {
  const lists = groups.map(
    ({ title, endpoints }) =>
      html`<section><h2>${title}</h2><ul>${endpoints.map(
        ({ method, path, operation }) => html`<li data-text="${textOf(operation, method, path)}">
<a href="#${operation.operationId}" title="${operation.summary}">${methodLabel(method)}<span>${pathOf(path)}</span></a></li>`,
      )}</ul></section>`,
  );
  return html`<details class="nav" open><summary>Endpoints</summary>
<nav aria-label="Endpoints">${lists}<p class="none" hidden>No endpoint has these words.</p></nav></details>`;
}

/** A document has one place per path; people look for the order of the table. */
function placeOf({ operation }: Endpoint): number {
  return tableOrder.indexOf(operation.operationId);
}

const tableOrder = routeGroups.flatMap(({ routes }) => Object.keys(routes));

/** What a search for an endpoint looks into. */
function textOf(
  { operationId, summary, tags, parameters }: Endpoint['operation'],
  method: string,
  path: string,
): string {
  const names = parameters.map((each) =>
    'name' in each ? each.name : each.$ref.slice(each.$ref.lastIndexOf('.') + 1),
  );
  return [method, path, operationId, summary, tags[0], ...names].join(' ').toLowerCase();
}

function introduction({ info }: OpenapiDocument): Html {
  return html`<div class="intro">
<h1>Everything that Tacho records, and everything it can be asked.</h1>
<p>${prose(info.description)}</p>
<p>Once the server has tokens, each endpoint asks for one with its scope: ${scopes.map((scope) => html`<span class="chip">${scope}</span>`)}
as <code>Authorization: Bearer …</code>, where <span class="chip">admin</span> may do everything and
<span class="chip">open</span> asks for none. Without any token the server listens on this machine only.</p>
<p>This page is made from the table by which the server checks requests. It holds no data and needs no
other server. Keys: <kbd>/</kbd> search, <kbd>Enter</kbd> first hit, <kbd>Esc</kbd> clear.</p>
</div>`;
}

function group(
  title: string,
  about: string,
  endpoints: Endpoint[],
  document: OpenapiDocument,
): Html {
  return html`<section class="group">
<header><h2>${title}</h2><p>${prose(about)}</p></header>
${endpoints.map((endpoint) => operationSection(endpoint, document.components))}
</section>`;
}

const mark = html`<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><circle cx="12" cy="12" r="9.5"/><path d="M4 12.5h4l2.4-5.5 3.4 10 2-4.5H20"/></svg>`;

const lens = html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/></svg>`;

const contrast = html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><circle cx="8" cy="8" r="6"/><path class="half" d="M8 2a6 6 0 0 1 0 12z"/></svg>`;

const iconUrl = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#245fd4" stroke-width="2.4">' +
    '<circle cx="12" cy="12" r="9.5"/><path d="M4 12.5h4l2.4-5.5 3.4 10 2-4.5H20"/></svg>',
)}`;
