"""Loads a folder that Maru exported in transformers, and compares it with what it was made of.

    python3 hugging_face.py EXPORTED [--original FOLDER] [--facts FACTS.json] [--write FOR_LLAMA_CPP.json [--cases CASES.inp]]

--original  another folder that transformers loads: logits within 1e-4, equal greedy text
--facts     ../../../shared/data/facts/smollm2-135m-instruct.json: ids, log-probabilities within 1e-4, greedy answers
--write     what llama_cpp.mjs compares a GGUF export with: greedy continuations, and the ids of --cases
"""

import argparse
import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

PROMPTS = ["Once upon a time", "The king said", "In the morning, Lily", "a b c 1 2 3"]
GREEDY = 64
TOLERANCE = 1e-4
SEPARATOR = "\n__ggml_vocab_test__\n"


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def tokenizer(folder):
    # As the file says it: AutoTokenizer would take a class of its own for a Llama.
    return PreTrainedTokenizerFast(tokenizer_file=folder + "/tokenizer.json")


def greedy(model, ids, count):
    with torch.no_grad():
        out = model.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=count,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
    return out[0, len(ids) :].tolist()


def logits(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0]


def encode(tokens, text):
    return tokens(text, add_special_tokens=True)["input_ids"]


def compare(model, tokens, original):
    other = load(original)
    worst = 0
    for prompt in PROMPTS:
        ids = encode(tokens, prompt)
        worst = max(worst, (logits(model, ids) - logits(other, ids)).abs().max().item())
        if greedy(model, ids, GREEDY) != greedy(other, ids, GREEDY):
            sys.exit(f"{prompt!r}: another continuation than {original}'s")
    if worst > TOLERANCE:
        sys.exit(f"logits: {worst} apart (expected: at most {TOLERANCE})")
    print(f"{len(PROMPTS)} prompts: logits at most {worst:.1e} apart, the same {GREEDY} tokens")


def check_facts(model, tokens, path):
    facts = json.load(open(path, encoding="utf-8"))
    for case in facts["tokens"]:
        found = tokens(case["text"], add_special_tokens=False)["input_ids"]
        if found != case["ids"]:
            sys.exit(f"{case['text']!r}: ids {found} (expected: {case['ids']})")
    worst = 0
    for name, chat in facts["chats"].items():
        next_token = torch.log_softmax(logits(model, chat["ids"])[-1], -1)
        expected = torch.tensor(chat["next"]["log_probabilities"])
        worst = max(worst, (next_token[chat["next"]["ids"]] - expected).abs().max().item())
        count = len(chat["greedy_ids"])
        if greedy(model, chat["ids"], count) != chat["greedy_ids"]:
            sys.exit(f"chat {name!r}: another answer")
    for text in facts["log_probabilities"]:
        ids = text["ids"]
        each = torch.log_softmax(logits(model, ids)[:-1], -1)
        found = each[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]
        worst = max(worst, (found - torch.tensor(text["log_probabilities"])).abs().max().item())
    if worst > TOLERANCE:
        sys.exit(f"log-probabilities: {worst} apart (expected: at most {TOLERANCE})")
    print(f"{len(facts['tokens'])} texts, {len(facts['chats'])} chats: the same ids and answers,"
          f" log-probabilities at most {worst:.1e} apart")


def write(model, tokens, path, cases):
    continuations = []
    for prompt in PROMPTS:
        ids = encode(tokens, prompt)
        continuations.append({"ids": ids, "greedy": greedy(model, ids, GREEDY)})
    texts = []
    if cases:
        text = open(cases, encoding="utf-8").read()
        texts = [
            {"text": case, "ids": tokens(case, add_special_tokens=False)["input_ids"]}
            for case in text.split(SEPARATOR)
        ]
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"continuations": continuations, "texts": texts}, out)
    print(f"{path}: {len(continuations)} continuations, {len(texts)} texts")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("exported")
    parser.add_argument("--original")
    parser.add_argument("--facts")
    parser.add_argument("--write")
    parser.add_argument("--cases")
    arguments = parser.parse_args()
    model = load(arguments.exported)
    tokens = tokenizer(arguments.exported)
    AutoTokenizer.from_pretrained(arguments.exported)
    if arguments.original:
        compare(model, tokens, arguments.original)
    if arguments.facts:
        check_facts(model, tokens, arguments.facts)
    if arguments.write:
        write(model, tokens, arguments.write, arguments.cases)
    print(repr(tokens.decode(greedy(model, encode(tokens, PROMPTS[0]), 20))))


main()
