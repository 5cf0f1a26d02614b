/**
 * Lint rules of this repository.
 * @module
 */

/** What makes two runs of the same machine differ. */
const entropy: Readonly<Record<string, string>> = {
  "Date.now": "take time from the board's Clock",
  "performance.now": "take time from the board's Clock",
  "performance.timeOrigin": "take time from the board's Clock",
  "Math.random": "let the input be an event of the machine",
  "crypto.getRandomValues": "let the input be an event of the machine",
  "crypto.randomUUID": "let the input be an event of the machine",
  "crypto.subtle": "it answers when the host likes; hash synchronously",
};

/** Names that reach the host by themselves; main.ts and cli/ hand their results inwards. */
const host: Readonly<Record<string, string>> = {
  Deno: "let main.ts or cli/ do it and hand the result inwards",
  setTimeout: "use an Alarm of the board's Clock",
  setInterval: "use an Alarm of the board's Clock",
};

/** `new Date()` reads the clock, `new Date(x)` does not. */
const clockClass = "Date";

const root = slashes(decodeURI(new URL("../", import.meta.url).pathname));

function slashes(path: string): string {
  return path.replaceAll("\\", "/").replace(/^(?=[A-Z]:)/, "/");
}

/** Whether a file belongs to the simulated machine. */
function isDeterministic(file: string): boolean {
  const path = slashes(file);
  return path.startsWith(root) && /^(core|devices|platforms)\//.test(path.slice(root.length));
}

const plugin: Deno.lint.Plugin = {
  name: "hvsim",
  rules: {
    "no-host-entropy": {
      create(context) {
        if (!isDeterministic(context.filename)) return {};
        const report = (node: Deno.lint.Node, text: string, hint: string | undefined) => {
          if (hint === undefined) return;
          context.report({ node, message: `${text} makes runs differ from each other`, hint });
        };
        return {
          MemberExpression(node) {
            const text = context.sourceCode.getText(node).replace(/^globalThis\./, "");
            if (Object.hasOwn(entropy, text)) report(node, text, entropy[text]);
            const object = node.object.type === "Identifier" ? node.object.name : "";
            if (Object.hasOwn(host, object)) report(node, text, host[object]);
          },
          CallExpression(node) {
            const name = node.callee.type === "Identifier" ? node.callee.name : "";
            if (Object.hasOwn(host, name)) report(node, name, host[name]);
          },
          NewExpression(node) {
            const name = node.callee.type === "Identifier" ? node.callee.name : "";
            if (name !== clockClass || node.arguments.length > 0) return;
            report(node, "new Date()", entropy["Date.now"]);
          },
        };
      },
    },
  },
};

// The lint runner takes a plugin as the default export.
export default plugin;
