"""The peer of TokenizerTraining: trains a byte-level BPE with Hugging Face's trainer and prints the seconds.

    pip install tokenizers==0.23.2 && python train_bpe.py TEXT VOCABULARY TOKENIZER_JSON
"""

import sys
import time

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

text, vocabulary, target = sys.argv[1:]
start = time.perf_counter()
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(
    vocab_size=int(vocabulary),
    special_tokens=["<|endoftext|>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    show_progress=False,
)
tokenizer.train([text], trainer)
tokenizer.save(target)
print(time.perf_counter() - start)
