/** `hvsim completions SHELL`: what to add to a shell's start-up file. @module */

import { commands, optionNames, rowOf } from "./options.ts";

/** The shells there is something for. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = typeof shells[number];

/** A script for the shell to read. */
export function completions(shell: Shell): string {
  return shell === "fish"
    ? fish()
    : shell === "bash"
    ? bash()
    : `autoload -U +X bashcompinit && bashcompinit\n${bash()}`;
}

const words = Object.keys(commands).filter((name) => name !== "run");

function bash(): string {
  const cases = optionNames.map((name) => {
    const { value, argument } = rowOf(name);
    const choices = value?.choices;
    if (choices) {
      return `    --${name}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$word"));;`;
    }
    return argument !== undefined && /^(FILE|DIR)\b/.test(argument)
      ? `    --${name}) COMPREPLY=($(compgen -f -- "$word"));;`
      : undefined;
  }).filter((line) => line !== undefined);
  const first = [...new Set(words.map((name) => name.split(" ")[0] as string))];
  const seconds = first.flatMap((word) => {
    const after = words.filter((name) => name.startsWith(`${word} `)).map((name) =>
      name.slice(word.length + 1)
    );
    return after.length === 0
      ? []
      : [`    ${word}) COMPREPLY=($(compgen -W "${after.join(" ")}" -- "$word"));;`];
  });
  return `_hvsim() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  case $before in
${[...cases, ...seconds].join("\n")}
    *) COMPREPLY=($(compgen -W "${
    [...first, ...optionNames.map((name) => `--${name}`)].join(" ")
  }" -- "$word"));;
  esac
}
complete -o default -F _hvsim hvsim
`;
}

function fish(): string {
  return [
    ...optionNames.map((name) => {
      const { argument, help, value } = rowOf(name);
      const wanted = argument === undefined
        ? ""
        : value?.choices
        ? ` -x -a "${value.choices.join(" ")}"`
        : " -r";
      return `complete -c hvsim -l ${name}${wanted} -d '${help.replaceAll("'", "")}'`;
    }),
    ...words.map((name) => {
      const [first, second] = name.split(" ");
      return second === undefined
        ? `complete -c hvsim -n __fish_use_subcommand -a ${first}`
        : `complete -c hvsim -n '__fish_seen_subcommand_from ${first}' -a ${second}`;
    }),
    "",
  ].join("\n");
}
