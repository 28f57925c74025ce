// Compiles our Lightning components as Salesforce does, with Salesforce's own compiler; what the
// platform gives them is the demo's strict stand-in.   node qa/salesforce/components/compile.mjs OUT.js
import { fileURLToPath } from "node:url";
import lwc from "@lwc/rollup-plugin";
import { rollup } from "rollup";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const ours = (name, project = "host") => ({
  name: `c/${name}`,
  path: path(`../../../salesforce/${project}/force-app/main/default/lwc/${name}/${name}.js`),
});

// Each module of the platform, and each import of the org's own, is asked of the page's stand-in.
const MODULES = ["navigation", "messageService", "pageReferenceUtils", "platformUtilityBarApi", "uiRecordApi"];
const platform = {
  name: "platform",
  resolveId(id) {
    if (id.startsWith("@salesforce/")) return `\0${id}`;
    const [space, name] = id.split("/");
    return space === "lightning" && MODULES.includes(name) ? path(`platform/${name}.js`) : null;
  },
  load(id) {
    const [, kind, name] = /^\0@salesforce\/(\w+)\/(.*)$/.exec(id) ?? [];
    if (kind === "apex") {
      const [apexClass, method] = name.split(".");
      if (apexClass !== "SoftphoneHost") this.error(`no Apex class ${apexClass}`);
      return `export default (given) => window.platform.apex[${JSON.stringify(method)}](given);`;
    }
    return kind === "messageChannel" ? `export default ${JSON.stringify(name)};` : null;
  },
};
const bundle = await rollup({
  input: path("main.js"),
  plugins: [platform, lwc({ rootDir: path("."), modules: [ours("softphoneHost"), ours("phoneNumbers"), ours("softphoneVoice", "voice"), { dir: path(".") }] })],
  onwarn: (warning) => {
    throw new Error(warning.message);
  },
});
await bundle.write({ file: process.argv[2], format: "esm", intro: "globalThis.process = { env: { NODE_ENV: 'development' } };" });
