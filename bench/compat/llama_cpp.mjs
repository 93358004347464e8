// Loads a GGUF file that Maru exported in llama.cpp, and compares it with what hugging_face.py --write has written.
//
//     npm install node-llama-cpp
//     node llama_cpp.mjs MODEL.gguf FOR_LLAMA_CPP.json [--loose]
//
// --loose  for F16, BF16 and Q8_0: continuations may differ, and it is told where

import {readFileSync} from "node:fs";
import {getLlama} from "node-llama-cpp";

const [path, facts, loose] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(facts, "utf8"));
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath: path, useMmap: true});
let failed = 0;

for (const {text, ids} of expected.texts) {
    const found = Array.from(model.tokenize(text, false));
    if (JSON.stringify(found) !== JSON.stringify(ids)) {
        failed++;
        console.error(`${JSON.stringify(text)}: ids ${found} (expected: ${ids})`);
    }
}

// Its cache is F16 unless it is told otherwise.
const context = await model.createContext({
    contextSize: Math.min(128, model.trainContextSize),
    sequences: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32",
    threads: 2,
});
const sequence = context.getSequence();
let same = 0;
for (const {ids, greedy} of expected.continuations) {
    await sequence.clearHistory();
    const found = [];
    for await (const token of sequence.evaluate(ids, {temperature: 0, yieldEogToken: true})) {
        found.push(token);
        if (found.length === greedy.length || model.isEogToken(token)) {
            break;
        }
    }
    const first = found.findIndex((token, i) => token !== greedy[i]);
    if (first < 0) {
        same += found.length;
    } else if (loose === "--loose") {
        console.log(`${ids}: differs from token ${first} on`);
    } else {
        failed++;
        console.error(`${ids}: token ${first} is ${found[first]} (expected: ${greedy[first]})`);
    }
}
console.log(`${path}: ${expected.texts.length} texts, ${same} greedy tokens, ${failed} failures`);
console.log(`begins with ${model.tokens.bos}, ends with ${model.tokens.eos} and ${model.tokens.eot}`);
await model.dispose();
process.exit(failed === 0 ? 0 : 1);
