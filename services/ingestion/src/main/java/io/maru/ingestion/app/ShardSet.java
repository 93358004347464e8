package io.maru.ingestion.app;

import io.maru.formats.Document;
import io.maru.formats.DocumentShardWriter;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.domain.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The growing shards of one corpus: one open for each split, sealed and stored the moment it is full. */
final class ShardSet implements AutoCloseable {
    private final Corpus corpus;
    private final TextStore texts;
    private final BuildProgress progress;
    private final Path directory;
    private final Map<Split, OpenShard> open = new EnumMap<>(Split.class);
    private final Map<Split, List<DocumentShard>> sealed = new EnumMap<>(Split.class);

    private record OpenShard(Path path, DocumentShardWriter writer) {}

    ShardSet(Corpus corpus, TextStore texts, BuildProgress progress, Path directory) {
        this.corpus = corpus;
        this.texts = texts;
        this.progress = progress;
        this.directory = directory;
        for (Split split : Split.values()) {
            sealed.put(split, new ArrayList<>());
        }
    }

    /** Counts the sealed shards. */
    int count() {
        return sealed.values().stream().mapToInt(List::size).sum();
    }

    /** True if this document filled its shard. */
    boolean append(Split split, Document document) throws IOException {
        OpenShard shard = open.get(split);
        if (shard == null) {
            Path path = directory.resolve(split.label());
            shard = new OpenShard(path, DocumentShardWriter.create(path));
            open.put(split, shard);
        }
        shard.writer().append(document);
        return shard.writer().textBytes() >= corpus.rule().shardBytes();
    }

    /** Seals the split's open shard, if it has one. */
    void seal(Split split) throws IOException {
        OpenShard ending = open.get(split);
        if (ending == null) {
            return;
        }
        SealedFile file = ending.writer().seal();
        open.remove(split);
        List<DocumentShard> before = sealed.get(split);
        DocumentShard shard = new DocumentShard(
                corpus.name() + "/" + DocumentShard.key(split, before.size()),
                corpus.name(),
                split,
                file.size(),
                file.sha256(),
                ending.writer().documents(),
                ending.writer().textBytes());
        if (!progress.isSealed(shard)) {
            texts.put(shard.name(), ending.path());
        }
        Files.delete(ending.path());
        before.add(shard);
        progress.sealed(shard);
    }

    /** Lists the manifest's entries of all shards, training first, each split in its order. */
    List<Manifest.Entry> entries() {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (List<DocumentShard> shards : sealed.values()) {
            for (int i = 0; i < shards.size(); i++) {
                DocumentShard shard = shards.get(i);
                entries.add(new Manifest.Entry(
                        DocumentShard.key(shard.split(), i),
                        shard.size(),
                        shard.sha256(),
                        Map.of(
                                "split", shard.split().label(),
                                "documents", Long.toString(shard.documents()),
                                "textBytes", Long.toString(shard.textBytes()))));
            }
        }
        return entries;
    }

    /** Deletes what is not sealed. */
    @Override
    public void close() throws IOException {
        for (OpenShard shard : open.values()) {
            shard.writer().close();
        }
    }
}
