package io.maru.cli;

import picocli.CommandLine.Command;

/** The commands about tokenizers. */
@Command(
        name = "tokenizer",
        description = "Train, import and look at tokenizers; text to token ids and back.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TokenizerTrainCommand.class,
            TokenizerImportCommand.class,
            TokenizerListCommand.class,
            TokenizerShowCommand.class,
            TokenizerCancelCommand.class,
            TokenizerEncodeCommand.class,
            TokenizerDecodeCommand.class
        })
final class TokenizerCommand {}
