/** House rules about documents: the map of the code is complete, and no link leads nowhere. */
import { posix } from 'node:path';
import { type Repo, type Rule, sources } from './repo.ts';

/** The page that maps the code. */
const mapPage = 'docs/architecture.md';

/**
 * The map names every source file. In a section whose heading is a folder, paths are relative to
 * that folder; everywhere a path from the root will do.
 */
const mapNamesEveryFile: Rule = (repo) => {
  const text = repo.files.get(mapPage);
  if (text === undefined) return [`${mapPage} is missing`];
  const named = new Set(
    pathsNamed(text).flatMap(({ base, path }) => [path, posix.join(base, path)]),
  );
  return sources(repo)
    .filter(([path]) => !named.has(path))
    .map(([path]) => `${mapPage} does not name ${path}`);
};

/** What the map names exists. */
const mapNamesNothingElse: Rule = (repo) =>
  pathsNamed(repo.files.get(mapPage) ?? '')
    .filter(({ base, path }) => !exists(repo, path) && !exists(repo, posix.join(base, path)))
    .map(({ path }) => `${mapPage} names ${path}, which does not exist`);

/** Links inside the repository lead to a file, and to a heading if they name one. */
const linksLeadSomewhere: Rule = (repo) => {
  const breaches: string[] = [];
  for (const [page, text] of repo.files) {
    if (!page.endsWith('.md')) continue;
    for (const [, link = ''] of withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(link)) continue;
      const [file = '', heading] = link.split('#');
      const target = file === '' ? page : posix.join(posix.dirname(page), decodeURIComponent(file));
      if (!exists(repo, target)) breaches.push(`${page} links to ${link}, which does not exist`);
      else if (heading !== undefined && !hasHeading(repo.files.get(target) ?? '', heading)) {
        breaches.push(`${page} links to ${link}, and there is no such heading`);
      }
    }
  }
  return breaches;
};

/** Rules about documents, by name. */
export const documentRules = {
  mapNamesEveryFile,
  mapNamesNothingElse,
  linksLeadSomewhere,
} satisfies Record<string, Rule>;

/** Paths in backticks, each with the folder of the section it stands in. */
function pathsNamed(text: string): { base: string; path: string }[] {
  let base = '';
  const named: { base: string; path: string }[] = [];
  for (const line of text.replaceAll(/```[\s\S]*?```/g, '').split('\n')) {
    const paths = [...line.matchAll(/`([\w@.*-]*[\w@./-]*)`/g)].map(([, path = '']) => path);
    if (line.startsWith('#')) base = /^#+ `?([\w@.-]+(\/[\w@.-]*)+)`?$/.exec(line)?.[1] ?? '';
    for (const path of paths) {
      if (/\/$|^\.?[\w@.-]*\/?[\w@./-]*\.(tsx?|js|json|md|yml|sh)$/.test(path))
        named.push({ base, path });
    }
  }
  return named;
}

function exists(repo: Repo, path: string): boolean {
  const plain = posix.normalize(path).replace(/\/$/, '');
  if (plain === '.' || repo.files.has(plain)) return true;
  return [...repo.files.keys()].some((file) => file.startsWith(`${plain}/`));
}

function withoutCode(text: string): string {
  return text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Headings become anchors as the usual renderers make them: lower case, dashes, no punctuation. */
function hasHeading(text: string, anchor: string): boolean {
  const anchors = text
    .replaceAll(/```[\s\S]*?```/g, '')
    .split('\n')
    .filter((line) => /^#{1,6} /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  return anchors.includes(anchor.toLowerCase());
}
