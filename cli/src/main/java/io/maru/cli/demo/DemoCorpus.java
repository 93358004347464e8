package io.maru.cli.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.SplittableRandom;

/*
 * The demo's text: small stories in English and Korean, each with questions whose answers are in the story.
 *
 *     Mina was a brave girl. One morning Mina found a red kite in the park. Mina carried the kite to the river. ...
 *
 *     Question: Where did Mina find the kite?
 *     Answer: in the park
 *
 * Who, what and where are drawn anew for each story, far more combinations than there are stories, so a model that answers
 * about held-out stories has learned to read rather than to remember. Half of the stories are short, because the skill of
 * looking an answer up appears on short ones first.
 */
/** Writes the demo corpus. The same seed gives the same bytes. */
public final class DemoCorpus {
    static final long SEED = 20_260_101;
    static final int STORIES = 22_000;
    /** Parts one story from the next, as in TinyStories. */
    static final String SEPARATOR = "<|endoftext|>";

    private DemoCorpus() {}

    /** Writes it unless it is there, and answers with the file. */
    public static Path write(Path file) {
        if (Files.exists(file)) {
            return file;
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path part = file.resolveSibling(file.getFileName() + ".part");
            try (Writer out = Files.newBufferedWriter(part, StandardCharsets.UTF_8)) {
                write(SEED, STORIES, out);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(long seed, int stories, Writer out) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < stories; i++) {
            Plot plot = Plot.draw(random);
            // Every third story is Korean: enough of both to learn both.
            Story story = i % 3 == 2 ? KoreanStory.tell(plot, random) : EnglishStory.tell(plot, random);
            out.write(story.toText());
            out.write(SEPARATOR + "\n");
        }
    }
}
