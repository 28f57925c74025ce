// Reads a Salesforce project as `sf project deploy start` would, without an org: Salesforce's own
// library resolves every component, compares them with the manifest and converts them; a parser of
// Apex reads the classes. Prints one JSON object.   node qa/salesforce/deployable.mjs PROJECT
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApexParserFactory, ApexErrorListener } from "@apexdevtools/apex-parser";
import {
  ComponentSet,
  ManifestResolver,
  MetadataConverter,
  RegistryAccess,
} from "@salesforce/source-deploy-retrieve";

const project = process.argv[2];
const source = join(project, "force-app");
const errors = [];

const resolved = ComponentSet.fromSource(source);
const components = resolved.getSourceComponents().toArray();
const inSource = new Set(components.map((part) => `${part.type.name}:${part.fullName}`));

const manifest = await new ManifestResolver().resolve(join(project, "manifest", "package.xml"));
const listed = new Set(manifest.components.map((part) => `${part.type.name}:${part.fullName}`));
for (const name of inSource) if (!listed.has(name)) errors.push(`${name} is not in the manifest`);
for (const name of listed) if (!inSource.has(name)) errors.push(`${name} is in the manifest alone`);

const registry = new RegistryAccess();
const converter = new MetadataConverter(registry);
const converted = await converter.convert(components, "metadata", {
  type: "zip",
});

class Reported extends ApexErrorListener {
  constructor(file) {
    super();
    this.file = file;
  }
  apexSyntaxError(line, column, message) {
    errors.push(`${this.file}:${line}:${column}: ${message}`);
  }
}
for (const part of components.filter((one) => one.type.name === "ApexClass")) {
  const parser = ApexParserFactory.createParser(readFileSync(part.content, "utf8"));
  parser.removeErrorListeners();
  parser.addErrorListener(new Reported(part.content));
  parser.compilationUnit();
}

console.log(
  JSON.stringify({
    components: [...inSource].sort(),
    bytes: converted.zipBuffer?.length ?? 0,
    errors,
  }),
);
