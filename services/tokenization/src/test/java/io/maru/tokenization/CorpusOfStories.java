package io.maru.tokenization;

import io.maru.formats.Document;
import io.maru.formats.DocumentShardWriter;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** A sealed corpus as ingestion leaves one: shards of a few stories each, the last one for validation. */
public final class CorpusOfStories {
    private static final int STORIES_PER_SHARD = 5;

    /** Object key to bytes, the manifest last. */
    public static Map<String, byte[]> objects(String corpus, int shards) {
        return objects(corpus, shards, STORIES_PER_SHARD);
    }

    static Map<String, byte[]> objects(String corpus, int shards, int storiesPerShard) {
        return objects(corpus, shards, shard -> stories(shard, storiesPerShard).stream()
                .map(Document::of)
                .toList());
    }

    /** @param documents of each shard, by its number */
    public static Map<String, byte[]> objects(String corpus, int shards, IntFunction<List<Document>> documents) {
        try {
            Map<String, byte[]> objects = new LinkedHashMap<>();
            List<Manifest.Entry> entries = new ArrayList<>();
            for (int shard = 0; shard < shards; shard++) {
                boolean train = shard < shards - 1;
                String key = train ? String.format(Locale.ROOT, "shards/train-%05d", shard) : "shards/validation-00000";
                Path file = Files.createTempFile("stories", ".shard");
                try (DocumentShardWriter writer = DocumentShardWriter.create(file)) {
                    for (Document document : documents.apply(shard)) {
                        writer.append(document);
                    }
                    SealedFile sealed = writer.seal();
                    entries.add(new Manifest.Entry(
                            key,
                            sealed.size(),
                            sealed.sha256(),
                            Map.of(
                                    "split", train ? "train" : "validation",
                                    "documents", Long.toString(writer.documents()),
                                    "textBytes", Long.toString(writer.textBytes()))));
                    objects.put(corpus + "/" + key, Files.readAllBytes(file));
                } finally {
                    Files.delete(file);
                }
            }
            objects.put(corpus + "/manifest.json", new Manifest("corpus", Map.of(), entries).toJson());
            return objects;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Two shards of as many stories as there are kinds, which the stories have in this order; the second is for validation. */
    public static Map<String, byte[]> objectsOfKinds(String corpus, List<String> kinds) {
        return objects(corpus, 2, shard -> IntStream.range(0, kinds.size())
                .mapToObj(i ->
                        Document.of(kinds.get(i), stories(shard, kinds.size()).get(i)))
                .toList());
    }

    /** The texts of one shard. */
    public static List<String> stories(int shard) {
        return stories(shard, STORIES_PER_SHARD);
    }

    private static List<String> stories(int shard, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> String.format(
                        Locale.ROOT,
                        "Once upon a time fox number %d of den %d said: 안녕, I'm happy! It had %d friends.",
                        i,
                        shard,
                        i * shard))
                .toList();
    }

    private CorpusOfStories() {}
}
