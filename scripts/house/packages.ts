/** House rules about packages: every dependency has its reason, one version, nothing fetched from odd places. */
import type { Repo, Rule } from './repo.ts';

/** The page that gives each dependency its reason. */
const reasonsPage = 'docs/decisions/dependencies.md';

/** A dependency is a decision, and decisions are written down. */
const dependenciesHaveReasons: Rule = (repo) => {
  const text = repo.files.get(reasonsPage);
  if (text === undefined) return [`${reasonsPage} is missing`];
  const used = new Set(manifests(repo).flatMap(({ manifest }) => dependencyNames(manifest)));
  const listed = new Set([...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name));
  return [
    ...[...used]
      .filter((n) => !listed.has(n))
      .map((n) => `${reasonsPage} gives no reason for ${n}`),
    ...[...listed]
      .filter((n) => !used.has(n))
      .map((n) => `${reasonsPage} lists ${n}, which nothing uses`),
  ];
};

/** Registries move and mirrors differ; the checksums of the lock file are what counts. */
const lockNamesNoHost: Rule = (repo) => {
  const found = locks(repo);
  if (!found.some(([path]) => path === 'package-lock.json'))
    return ['package-lock.json is missing'];
  return found
    .filter(([, text]) => /"resolved": "[a-z+]+:/.test(text))
    .map(
      ([path]) =>
        `${path} names the host that a package came from; install with the settings of .npmrc`,
    );
};

/**
 * A package for one platform that is missing from the lock file makes `npm ci` fail everywhere; npm
 * leaves it out when the registry at hand does not have it.
 */
const lockIsComplete: Rule = (repo) =>
  locks(repo).flatMap(([lock, text]) => {
    const packages = (JSON.parse(text) as Lock).packages ?? {};
    return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter(
          (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
        )
        .map((name) => `${lock} has no entry for ${name}, which ${path} names`),
    );
  });

/** All packages are released together. */
const oneVersion: Rule = (repo) => {
  const version = manifests(repo).find(({ path }) => path === 'package.json')?.manifest.version;
  const breaches = manifests(repo)
    .filter(({ manifest }) => manifest.version !== version)
    .map(
      ({ path, manifest }) => `${path} has version ${manifest.version}, the workspace ${version}`,
    );
  for (const { path, manifest } of manifests(repo)) {
    for (const [name, wanted] of Object.entries(manifest.dependencies ?? {})) {
      if (name.startsWith('@tacho/') && wanted !== version) {
        breaches.push(`${path} wants ${name} ${wanted}, the workspace has ${version}`);
      }
    }
  }
  for (const [path, code] of repo.files) {
    // That of the protocol is about versions of other programs.
    if (!/^packages\/(?!protocol\/)[^/]+\/src\/version\.ts$/.test(path)) continue;
    if (!code.includes(`'${version}'`)) breaches.push(`${path} is not ${version}`);
  }
  return breaches;
};

/** What people start by its path has its run bit. */
const programsCanBeRun: Rule = (repo) =>
  [...repo.files]
    .filter(([path, text]) => text.startsWith('#!') && !repo.executables.has(path))
    .map(([path]) => `${path} has no run bit`);

/** Rules about packages, by name. */
export const packageRules = {
  dependenciesHaveReasons,
  lockNamesNoHost,
  lockIsComplete,
  oneVersion,
  programsCanBeRun,
} satisfies Record<string, Rule>;

interface Lock {
  packages?: Record<string, { optionalDependencies?: Record<string, string> }>;
}

interface Manifest {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** Texts of the lock files by path: that of the workspace, and those of packages apart from it. */
function locks(repo: Repo): [string, string][] {
  return [...repo.files].filter(([path]) => /(^|\/)package-lock\.json$/.test(path));
}

function manifests(repo: Repo): { path: string; manifest: Manifest }[] {
  return [...repo.files]
    .filter(([path]) => /^((packages\/[^/]+|test\/clickhouse)\/)?package\.json$/.test(path))
    .map(([path, text]) => ({ path, manifest: JSON.parse(text) as Manifest }));
}

/** Names of third-party dependencies, those for development included. */
function dependencyNames({ dependencies = {}, devDependencies = {} }: Manifest): string[] {
  const names = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  return names.filter((name) => !name.startsWith('@tacho/'));
}
