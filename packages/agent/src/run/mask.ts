/** Secrets: what in a command line or an output must not be recorded, as far as it can be told by its look. */

/** Stands where a secret was. */
const maskText = '***';

/** Names of what is secret: of options, variables, headers and parameters. */
const secretName =
  /pass(?:words?|wd|phrase|code)?(?![a-z])|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth(?!or)|cookie|signature|\bpwd\b/i;

/** Bounded, like every repetition below, so that no text takes long. */
const secretWord = `(?:${secretName.source})[\\w.-]{0,64}`;

/** Each leaves its first group and takes the rest away. */
const patterns: readonly RegExp[] = [
  // scheme://user:password@host, scheme://token@host
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@'"]{1,500}(?=@)/gi,
  // --password=…, PASSWORD=…, ?token=…, "password": "…"
  new RegExp(`(${secretWord}["']?\\s{0,4}[=:]\\s{0,4}["']?)(?!\\/\\/)[^\\s"'&;,]+`, 'gi'),
  // --password … within a line for a shell
  new RegExp(`(-[\\w.-]{0,40}${secretWord}\\s{1,4})(?!-)["']?[^\\s"']+`, 'gi'),
  // curl -u name:password
  /(\s(?:-u|--user|--proxy-user)[ =]\S{1,200}?:)\S+/g,
  /(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi,
  // Tokens that say themselves what they are: GitHub, GitLab, Slack, AWS, OpenAI, npm, JSON Web Tokens.
  /()\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|AKIA[0-9A-Z]{16}|sk-[\w-]{16,}|npm_\w{20,}|eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{0,1000})/g,
];

/** Options of programs everybody knows whose next word is a secret, or ends in one. */
const userOptions: readonly string[] = ['-u', '--user', '--proxy-user'];

/** Takes secrets out of texts; also the values of variables that are secret by their name. */
export class Mask {
  readonly #values: readonly string[];

  /** `env`: variables of the command. */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#values = Object.entries(env)
      .filter(([name, value = '']) => secretName.test(name) && value.length >= valueLengthMin)
      .map(([, value]) => value as string)
      // A path or a number is found everywhere, and gives nothing away.
      .filter((value) => !/^(?:\/[\w/.-]*|\d+|true|false)$/.test(value))
      .sort((a, b) => b.length - a.length);
  }

  /** A text without secrets. */
  text(text: string): string {
    let masked = text;
    for (const value of this.#values) masked = masked.replaceAll(value, maskText);
    for (const pattern of patterns) masked = masked.replace(pattern, `$1${maskText}`);
    return masked;
  }

  /** Arguments of a command without secrets; each stays at its place. */
  args(args: readonly string[]): string[] {
    return args.map((arg, i) => {
      const before = args[i - 1] ?? '';
      if (isSecretOption(before) && !arg.startsWith('-')) return maskText;
      if (userOptions.includes(before) && arg.includes(':')) {
        return `${arg.slice(0, arg.indexOf(':'))}:${maskText}`;
      }
      return this.text(arg);
    });
  }
}

/** Shorter ones are words of every text. */
const valueLengthMin = 6;

function isSecretOption(arg: string): boolean {
  return /^--?[\w.-]+$/.test(arg) && secretName.test(arg);
}
