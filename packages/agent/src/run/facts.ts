/** What is known of a command before it runs: its words, its place, its machine, its version. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { JsonObject } from '@tacho/protocol';
import type { Mask } from './mask.ts';

/** A command and where it runs. */
export interface Place {
  command: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Product of a command: the name of its program, without what is of its file. */
export function productOf(command: string): string {
  const name = basename(command.replaceAll('\\', '/'));
  return name.replace(/\.(?:exe|cmd|bat|sh|py|[cm]?[jt]s)$/i, '') || name || 'command';
}

/** Version of what runs in a directory: that of its package, else its commit, else 0. */
export function versionOf(cwd: string): string {
  for (const directory of upwards(cwd)) {
    const version = packageVersion(directory) ?? projectVersion(directory);
    if (version !== undefined) return version;
    if (existsSync(join(directory, '.git'))) break;
  }
  return commitOf(cwd)?.slice(0, 12) ?? '0';
}

/** The state of a session under `process`. */
export function processFacts({ command, args, cwd, env }: Place, mask: Mask): JsonObject {
  const commit = commitOf(cwd);
  const user = userName();
  return {
    command: mask.text(command),
    args: boundedArgs(mask.args(args)),
    cwd,
    ...(user !== undefined && { user }),
    ...(commit !== undefined && { git_commit: commit }),
    host: {
      name: hostname(),
      system: process.platform,
      release: release(),
      architecture: arch(),
      processors: cpus().length,
      memory_bytes: totalmem(),
    },
    env: environmentFacts(env, mask),
  };
}

const argsLengthMax = 16 * 1024;

/** A glob may have become ten thousand names. */
function boundedArgs(args: readonly string[]): string[] {
  let length = 0;
  const kept: string[] = [];
  for (const arg of args) {
    length += arg.length;
    if (length > argsLengthMax) return [...kept, `… ${args.length - kept.length} more`];
    kept.push(arg);
  }
  return kept;
}

/** Variables that tell where and how something ran; all others stay unread. */
const knownVariables =
  /^(?:CI|GITHUB_(?:SHA|REF|REF_NAME|REPOSITORY|RUN_ID|RUN_ATTEMPT|WORKFLOW|JOB|EVENT_NAME)|GITLAB_CI|CI_(?:COMMIT_SHA|COMMIT_REF_NAME|JOB_ID|JOB_NAME|PIPELINE_ID|PROJECT_PATH)|BUILDKITE_(?:BRANCH|BUILD_NUMBER|COMMIT)|JENKINS_URL|JOB_NAME|BUILD_NUMBER|CIRCLE_(?:SHA1|BRANCH|BUILD_NUM|JOB)|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|SHELL|NODE_ENV|PYTHONHASHSEED|PYTHONUNBUFFERED|VIRTUAL_ENV|CONDA_DEFAULT_ENV|RUST_BACKTRACE|GOMAXPROCS|CUDA_VISIBLE_DEVICES|OMP_NUM_THREADS|SLURM_(?:JOB_ID|JOB_NAME|PROCID|NTASKS)|RANK|WORLD_SIZE|LOCAL_RANK|KUBERNETES_SERVICE_HOST|POD_NAME|AWS_REGION|AWS_LAMBDA_FUNCTION_NAME)$/;
const valueLengthMax = 500;

function environmentFacts(env: Place['env'], mask: Mask): JsonObject {
  const facts: JsonObject = {};
  for (const name of Object.keys(env).sort()) {
    const value = env[name];
    if (value === undefined || !knownVariables.test(name)) continue;
    facts[name] = mask.text(value).slice(0, valueLengthMax);
  }
  return facts;
}

/** Commit that is checked out, read from the files of git, which is quicker than to ask it. */
export function commitOf(cwd: string): string | undefined {
  for (const directory of upwards(cwd)) {
    const git = gitDirectory(join(directory, '.git'));
    if (git === undefined) continue;
    const head = read(join(git, 'HEAD'))?.trim();
    if (head === undefined) return undefined;
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    return ref === undefined ? hash(head) : refOf(git, ref);
  }
  return undefined;
}

/** Of a worktree, `.git` is a file that says where. */
function gitDirectory(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return path;
    const target = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1]?.trim();
    return target === undefined
      ? undefined
      : join(target.startsWith('/') ? '' : dirname(path), target);
  } catch {
    return undefined;
  }
}

function refOf(git: string, ref: string): string | undefined {
  const common = read(join(git, 'commondir'))?.trim();
  const roots =
    common === undefined ? [git] : [git, join(common.startsWith('/') ? '' : git, common)];
  for (const root of roots) {
    const loose = hash(read(join(root, ref))?.trim());
    if (loose !== undefined) return loose;
    const packed = read(join(root, 'packed-refs'))?.split('\n');
    const line = packed?.find((one) => one.endsWith(` ${ref}`));
    if (line !== undefined) return hash(line.slice(0, line.indexOf(' ')));
  }
  return undefined;
}

function hash(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{40,64}$/.test(text) ? text : undefined;
}

function packageVersion(directory: string): string | undefined {
  const text = read(join(directory, 'package.json'));
  if (text === undefined) return undefined;
  try {
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === 'string' && version !== '' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Of a Python project or a Rust crate, where it is written out. */
function projectVersion(directory: string): string | undefined {
  for (const [file, section] of [
    ['pyproject.toml', /^\[(?:project|tool\.poetry)\]$/m],
    ['Cargo.toml', /^\[package\]$/m],
  ] as const) {
    const text = read(join(directory, file));
    const start = text?.search(section) ?? -1;
    if (text === undefined || start < 0) continue;
    const body = text.slice(text.indexOf('\n', start) + 1).split(/^\[/m)[0] ?? '';
    const version = /^version\s*=\s*["']([^"']+)["']/m.exec(body)?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

function* upwards(from: string): Generator<string> {
  for (let directory = from; ; directory = dirname(directory)) {
    yield directory;
    if (directory === dirname(directory)) return;
  }
}

const fileBytesMax = 1024 * 1024;

function read(path: string): string | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > fileBytesMax) return undefined;
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
