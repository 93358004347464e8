package io.maru.tokenizer;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/*
 * Counts that memory has no room for, as files of words in the order of their bytes:
 *
 *     run 1:  ant 3, bee 1, cat 2        run 2:  bee 4, dog 1        merged:  ant 3, bee 5, cat 2, dog 1
 *
 * A file is a word after another: its length (int), its bytes, its count (long). Merging reads all files side by side,
 * so it needs a buffer for each; when there are many, they become one first.
 */

/** Sorted runs of counted words on disk; several threads may add some. */
final class WordRuns implements Closeable {
    private static final int MAX_FILES = 64;
    private static final int BUFFER = 1 << 16;

    private final Path folder;
    private List<Path> files = new ArrayList<>();

    /** @param folder where the files are put; it exists */
    WordRuns(Path folder) {
        this.folder = folder;
    }

    synchronized boolean isEmpty() {
        return files.isEmpty();
    }

    /** Writes {@code counts} to a file and clears them. */
    void add(WordCounts counts) {
        Path file = write(counts::forEachSorted);
        counts.clear();
        synchronized (this) {
            files.add(file);
            if (files.size() == MAX_FILES) {
                List<Path> merged = List.of(write(this::forEach));
                delete(files);
                files = new ArrayList<>(merged);
            }
        }
    }

    private interface Source {
        void forEach(WordCounts.Consumer<IOException> words) throws IOException;
    }

    private Path write(Source source) {
        try {
            Path file = Files.createTempFile(folder, "words-", ".run");
            try (DataOutputStream out =
                    new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER))) {
                source.forEach((bytes, start, end, count) -> {
                    out.writeInt(end - start);
                    out.write(bytes, start, end - start);
                    out.writeLong(count);
                });
            } catch (IOException | UncheckedIOException e) {
                Files.deleteIfExists(file);
                throw e;
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each word of all runs once, in the order of their bytes. */
    synchronized <E extends Exception> void forEach(WordCounts.Consumer<E> words) throws E {
        PriorityQueue<Run> runs = new PriorityQueue<>(MAX_FILES, (a, b) -> Arrays.compareUnsigned(a.word, b.word));
        List<Run> opened = new ArrayList<>();
        try {
            for (Path file : files) {
                Run run = new Run(file);
                opened.add(run);
                if (run.next()) {
                    runs.add(run);
                }
            }
            while (!runs.isEmpty()) {
                byte[] word = runs.peek().word;
                long count = 0;
                while (!runs.isEmpty() && Arrays.equals(runs.peek().word, word)) {
                    Run run = runs.remove();
                    count += run.count;
                    if (run.next()) {
                        runs.add(run);
                    }
                }
                words.word(word, 0, word.length, count);
            }
        } finally {
            opened.forEach(Run::close);
        }
    }

    @Override
    public synchronized void close() {
        delete(files);
        files = new ArrayList<>();
    }

    private static void delete(List<Path> files) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Run {
        private final DataInputStream in;
        byte[] word;
        long count;

        Run(Path file) {
            try {
                in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        boolean next() {
            try {
                int length;
                try {
                    length = in.readInt();
                } catch (EOFException e) {
                    return false;
                }
                word = new byte[length];
                in.readFully(word);
                count = in.readLong();
                return true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void close() {
            try {
                in.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
