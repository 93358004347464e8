"""Writes src/test/resources/io/maru/tokenizer/pipelines.json and sentencepiece.json: what models around byte pair encoding ask for.

A pipeline is what a published tokenizer.json has around its model, named after the model, around one small vocabulary of
bytes (that of expected.json) or of characters; its ids come from Hugging Face tokenizers. The SentencePiece models are
trained on the corpus of expected.json, and then changed as published ones are: equal scores, scores in no order of their
parts, pieces of the user's, characters that are no piece. Their ids come from SentencePiece.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf && python pipelines.py ../resources/io/maru/tokenizer
"""

import base64
import json
import random
import sys
import tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

RESOURCES = Path(sys.argv[1])
EXPECTED = json.loads((RESOURCES / "expected.json").read_text())
CORPUS = EXPECTED["corpus"]
TEXTS = [case["text"] for case in EXPECTED["cases"]] + [
    "cafe\u0301 caf\u00e9 \u1100\u1161\u1102\u1161 \uac00\ub098",
    "a\u0327\u0301 \u1e9b\u0323 \ufb01\u00bd\uff76\uff9e \u32ff \U00011935\U00011930",
    "HTTPServer camelCase \u0130stanbul \u03a3\u039f\u03a3",
    "Wow!!! (3.14), 2024\u5e741\u6708; <mask> and  <mask>\u3002",
    "\u2581\u2581the\u2581 floor  was \u2581",
    "x \n\n\n y\t\tz   ",
    "aaaaaaa bababab 1234567 \u00b2\u00b3\u00bd",
    "\x01\x7f\u200b\ufeff\u00a0\u1680end",
    "<|endoftext|>a<|endoftext|>",
]

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEKKEN = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
BLOOM = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+"
DEEPSEEK = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
KIMI = r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# Of a SentencePiece model that maps characters: some to others, to several, to spaces and to nothing.
RULES = [("\u00e9", "e"), ("e\u0301", "E"), ("\ufb01", "fi"), ("\u3000", " "), ("\u00a0", "  "), ("\u200b", ""), ("\t", " "), ("a\u0327\u0301", "x y ")]
# Of whatever a pattern may be made of.
PATTERNS = [
    r"[^\s\p{L}]+|\p{Lu}?\p{Ll}*\w| ?\d{2,3}",
    r"\W\S|\p{^N}{3}",
    r"x*y|x| +(?=\w)",
    r"a++b|[a-z]*+!|\d?+x",
    r"(?:a|ab)(?![c-f])|e(?!n|s)",
    r"\w+?(?=\s|$)|.",
    r"[\p{L}_-]+|\p{P}\p{S}?",
    r"(?i:THE)|[^a-zA-Z]+?\p{Greek}|\h{4}",
    r"\p{Hangul}+|\u0041\x42|\x{1F600}",
    r"\s+$",
]


def byte_level(prefix=False, regex=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def then_bytes(*steps, **options):
    return pre_tokenizers.Sequence([*steps, byte_level(**options)])


def template(before, after, tokenizer):
    tokens = [(token, tokenizer.token_to_id(token)) for token in dict.fromkeys(before + after)]
    return processors.TemplateProcessing(single=" ".join(before + ["$A"] + after), special_tokens=tokens)


def of_bytes(pre=None, norm=None, post=None, decoder=True):
    tokenizer = Tokenizer.from_str(EXPECTED["tokenizerJson"])
    if norm:
        tokenizer.normalizer = norm
    tokenizer.pre_tokenizer = pre or byte_level(regex=True)
    tokenizer.post_processor = post or processors.ByteLevel()
    tokenizer.decoder = decoders.ByteLevel() if decoder else None
    return tokenizer


def of_characters(norm=None, pre=None, decoder=None, post=None, unknown="<unk>", fuses=True, bytes_too=True):
    special = ["<unk>", "<s>", "</s>", ":-)", "\U0001f600"] + (["<0x%02X>" % b for b in range(256)] if bytes_too else [])
    learned = Tokenizer(models.BPE(unk_token="<unk>"))
    learned.pre_tokenizer = pre_tokenizers.Metaspace()
    learned.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=len(special) + 150, special_tokens=special, limit_alphabet=70, show_progress=False)
    )
    learned = json.loads(learned.to_str())
    file = json.loads(Tokenizer(models.BPE(unk_token=unknown, fuse_unk=fuses, byte_fallback=bytes_too)).to_str())
    file["model"]["vocab"] = learned["model"]["vocab"]
    file["model"]["merges"] = learned["model"]["merges"]
    file["added_tokens"] = learned["added_tokens"][:5]
    tokenizer = Tokenizer.from_str(json.dumps(file))
    if norm:
        tokenizer.normalizer = norm
    if pre:
        tokenizer.pre_tokenizer = pre
    if post:
        tokenizer.post_processor = post(tokenizer)
    if decoder:
        tokenizer.decoder = decoder
    return tokenizer


def added(tokenizer, *tokens):
    tokenizer.add_tokens(list(tokens))
    return tokenizer


def with_empty_token(tokenizer):
    """Whisper's vocabulary has one."""
    file = json.loads(tokenizer.to_str())
    file["model"]["vocab"][""] = len(file["model"]["vocab"])
    return Tokenizer.from_str(json.dumps(file))


def pipelines():
    end = "<|endoftext|>"
    plain = of_bytes()
    llama_decoder = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    yield "Llama 3", of_bytes(
        then_bytes(split(LLAMA3)), post=processors.Sequence([processors.ByteLevel(), template([end], [], plain)])
    )
    yield "Tekken", of_bytes(then_bytes(split(TEKKEN)), post=template([end], [], plain))
    yield "Qwen 2", of_bytes(then_bytes(split(LLAMA3.replace("{1,3}", ""))), normalizers.NFC())
    yield "cl100k as tiktoken writes it", of_bytes(then_bytes(split(CL100K)))
    yield "Falcon", of_bytes(
        pre_tokenizers.Sequence(
            [pre_tokenizers.Punctuation("contiguous"), byte_level(regex=True), pre_tokenizers.Digits(False), split("[0-9][0-9][0-9]")]
        )
    )
    mask = AddedToken("<mask>", lstrip=True, special=True)
    yield "RoBERTa", added(of_bytes(post=processors.RobertaProcessing((end, 0), (end, 0))), mask)
    yield "BART", added(of_bytes(byte_level(True, True), post=processors.RobertaProcessing(("a", 65), (end, 0))), mask)
    yield "BERT's processor", of_bytes(post=processors.BertProcessing(("a", 65), (end, 0)))
    yield "GPT-NeoX", added(of_bytes(norm=normalizers.NFC()), *(AddedToken(" " * n, normalized=True) for n in range(8, 1, -1)))
    yield "BLOOM", of_bytes(then_bytes(split(BLOOM)))
    yield "StarCoder", of_bytes(then_bytes(pre_tokenizers.Digits(True), regex=True))
    yield "Whisper", with_empty_token(of_bytes(post=template([end, end], [end], plain)))
    yield "DeepSeek 3", of_bytes(then_bytes(split(r"\p{N}{1,3}"), split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"), split(DEEPSEEK)))
    yield "Kimi", of_bytes(then_bytes(split(KIMI)))
    yield "no decoder", of_bytes(decoder=False)
    for form in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "Strip"]:
        yield form, of_bytes(norm=getattr(normalizers, form)())
    yield "several normalizers", of_bytes(
        norm=normalizers.Sequence(
            [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Strip(left=False), normalizers.Prepend("> ")]
        )
    )
    yield "Replace", of_bytes(
        norm=normalizers.Sequence([normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), normalizers.Replace("the", "\U0001f600")])
    )
    for behavior in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
        yield "Split " + behavior, of_bytes(then_bytes(split(r"\s|[aeiou]{1,2}|\d+", behavior)))
        yield "Split inverted " + behavior, of_bytes(then_bytes(split(r"\s|[aeiou]{1,2}|\d+", behavior, True)))
        yield "Punctuation " + behavior, of_bytes(then_bytes(pre_tokenizers.Punctuation(behavior)))
        yield "Split by text " + behavior, of_bytes(then_bytes(pre_tokenizers.Split("e", behavior), prefix=True))
    yield "Whitespace", of_bytes(then_bytes(pre_tokenizers.Whitespace()))
    yield "WhitespaceSplit", of_bytes(then_bytes(pre_tokenizers.WhitespaceSplit(), prefix=True, regex=True))
    yield "CharDelimiterSplit", of_bytes(then_bytes(pre_tokenizers.CharDelimiterSplit("e")))
    for pattern in PATTERNS:
        yield pattern, of_bytes(then_bytes(split(pattern)))
    yield "Llama 2", of_characters(
        normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]),
        decoder=decoders.Sequence([*llama_decoder, decoders.Strip(" ", 1, 0)]),
        post=lambda tokenizer: template(["<s>"], [], tokenizer),
    )
    yield "Llama 2, newer", of_characters(
        pre=pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
        decoder=decoders.Sequence([*llama_decoder, decoders.Strip(" ", 1, 0)]),
        post=lambda tokenizer: template(["<s>"], ["</s>"], tokenizer),
    )
    yield "Gemma", added(
        of_characters(
            normalizers.Replace(" ", "\u2581"),
            pre_tokenizers.Split(" ", "merged_with_previous"),
            decoders.Sequence(llama_decoder),
            lambda tokenizer: template(["<s>"], [], tokenizer),
        ),
        AddedToken("\n\n", normalized=False),
        AddedToken("\u2581\u2581", normalized=False),
    )
    yield "KoGPT2", of_characters(
        normalizers.Sequence([normalizers.NFKC(), normalizers.BertNormalizer(False, False, False, False)]),
        pre_tokenizers.Metaspace(),
        decoders.Metaspace(),
        unknown=None,
        fuses=False,
        bytes_too=False,
    )
    yield "a mark at the start that is kept", of_characters(
        normalizers.Sequence([normalizers.Strip(), normalizers.NFC()]),
        pre_tokenizers.Metaspace(prepend_scheme="first"),
        decoders.Metaspace(prepend_scheme="first"),
        bytes_too=False,
    )
    yield "words with marks", of_characters(
        pre=pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
        decoder=decoders.Metaspace(),
        bytes_too=False,
    )
    yield "characters without a decoder", of_characters(pre=pre_tokenizers.Whitespace(), bytes_too=False)


def write_pipelines():
    result = {"characters": {}, "pipelines": []}
    for name, tokenizer in pipelines():
        file = json.loads(tokenizer.to_str())
        model = file["model"]
        kind = "bytes" if "\u0120t" in model["vocab"] else "characters with bytes" if "<0x00>" in model["vocab"] else "characters"
        if kind != "bytes":
            result["characters"].setdefault(kind, {"vocab": model["vocab"], "merges": model["merges"]})
        keys = ["unk_token", "fuse_unk", "byte_fallback"]
        result["pipelines"].append(
            {
                "name": name,
                "vocabulary": kind,
                "emptyToken": "" in model["vocab"],
                "model": {key: model[key] for key in keys},
                "sections": {key: file[key] for key in ["added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"]},
                "cases": [
                    {
                        "text": text,
                        "ids": tokenizer.encode(text, add_special_tokens=False).ids,
                        "withTemplate": tokenizer.encode(text).ids,
                        "decoded": tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids),
                    }
                    for text in TEXTS
                ],
            }
        )
    (RESOURCES / "pipelines.json").write_text(json.dumps(result, ensure_ascii=True, indent=None, separators=(",", ":")) + "\n")


def sentencepiece_models():
    def trained(**options):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "corpus"
            text.write_text("\n".join(CORPUS).replace("\r", ""))
            rules = Path(folder) / "rules.tsv"
            rules.write_text("".join(f"{' '.join(f'{ord(c):X}' for c in old)}\t{' '.join(f'{ord(c):X}' for c in new)}\n" for old, new in RULES))
            if "normalization_rule_tsv" in options:
                options["normalization_rule_tsv"] = str(rules)
            else:
                options["normalization_rule_name"] = "identity"
            sentencepiece.SentencePieceTrainer.train(
                input=str(text), model_prefix=folder + "/m", vocab_size=330, model_type="bpe", byte_fallback=True,
                hard_vocab_limit=False, minloglevel=2, **options,
            )
            model = sentencepiece_model_pb2.ModelProto()
            model.ParseFromString((Path(folder) / "m.model").read_bytes())
            return model

    def normal(model):
        return [piece for piece in model.pieces if piece.type == piece.NORMAL]

    def tie(model):
        for i, piece in enumerate(normal(model)):
            piece.score = -1e9 if i % 3 == 0 else -(i // 8)
        return model

    def shuffle(model):
        scores = [piece.score for piece in normal(model)]
        random.Random(6).shuffle(scores)
        for piece, score in zip(normal(model), scores):
            piece.score = score
        return model

    def without(model, dropped):
        kept = sentencepiece_model_pb2.ModelProto()
        kept.CopyFrom(model)
        del kept.pieces[:]
        kept.pieces.extend(piece for piece in model.pieces if not dropped(piece))
        return kept

    def without_bytes(model):
        model = without(model, lambda piece: piece.type == piece.BYTE)
        model.trainer_spec.byte_fallback = False
        return model

    def without_letters(model):
        return without(model, lambda piece: piece.type == piece.NORMAL and piece.piece in "aeo\ub9c8")

    yield "as trained", trained()
    yield "equal scores", tie(trained())
    yield "scores in no order of their parts", shuffle(trained())
    yield "characters that are no piece", without_letters(trained())
    yield "characters that are no piece, and no bytes", without_bytes(without_letters(tie(trained())))
    yield "Llama 2", tie(trained(remove_extra_whitespaces=False, allow_whitespace_only_pieces=True))
    own = ["\n\n", "\u2581\u2581", "<table>", "the", "th", "e\u2581o"]
    yield "Gemma", shuffle(trained(add_dummy_prefix=False, remove_extra_whitespaces=False, user_defined_symbols=own))
    yield "a map of characters", trained(normalization_rule_tsv="", user_defined_symbols=["\u00e9", "[e\u0301]"])
    yield "pieces of the user's", trained(user_defined_symbols=own, control_symbols=["<|endoftext|>"])


def write_sentencepiece():
    result = []
    for name, model in sentencepiece_models():
        for spec in ["input", "model_prefix"]:
            model.trainer_spec.ClearField(spec)
        file = model.SerializeToString()
        processor = sentencepiece.SentencePieceProcessor(model_proto=file)
        result.append(
            {
                "name": name,
                "model": base64.b64encode(file).decode(),
                "cases": [{"text": text, "ids": processor.encode(text)} for text in TEXTS if "\0" not in text],
            }
        )
    (RESOURCES / "sentencepiece.json").write_text(json.dumps(result, ensure_ascii=True, separators=(",", ":")) + "\n")


write_pipelines()
write_sentencepiece()
