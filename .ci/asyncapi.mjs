// Validates an AsyncAPI document with the AsyncAPI initiative's own parser: node asyncapi.mjs FILE
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const { Parser } = createRequire(resolve(process.env.NODE_PATH ?? 'node_modules', 'x.js'))('@asyncapi/parser');
const file = resolve(process.argv[2]);
const { diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'), { source: file });
const errors = diagnostics.filter(({ severity }) => severity === 0);
for (const { message, path } of errors) console.error(`${path.join('.')}: ${message}`);
if (errors.length > 0) process.exit(1);
console.log(`${process.argv[2]} is a valid AsyncAPI document`);
