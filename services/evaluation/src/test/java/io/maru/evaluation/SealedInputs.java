package io.maru.evaluation;

import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A dataset and a model version as their services seal them: objects by key. */
public final class SealedInputs {
    /** Validation documents, one list for each shard. */
    public static final List<List<String>> DOCUMENTS =
            List.of(List.of("the end of the tale", "마루 is a floor"), List.of("the end", "no"));

    public final String dataset;
    public final String modelVersion;
    public final BpeTokenizer tokenizer = tokenizer();
    public final Map<String, byte[]> objects = new TreeMap<>();

    /** @param id last part of the names */
    public SealedInputs(String id) throws IOException {
        dataset = "workspaces/default/datasets/" + id;
        modelVersion = "workspaces/default/models/" + id + "/versions/1";
        String tokenizerSha256 = Sha256.of(tokenizer.toJson());
        List<Manifest.Entry> entries = new ArrayList<>();
        entries.add(put(dataset, "tokenizer.json", tokenizer.toJson(), Map.of()));
        for (int i = 0; i < DOCUMENTS.size(); i++) {
            byte[] shard = shard(DOCUMENTS.get(i), tokenizerSha256);
            entries.add(put(dataset, "shards/validation-0000" + i, shard, Map.of("split", "validation")));
        }
        // Training text must not be scored.
        byte[] train = shard(List.of("zzz"), tokenizerSha256);
        entries.add(put(dataset, "shards/train-00000", train, Map.of("split", "train")));
        seal(dataset, "dataset", entries);
        seal(modelVersion, "model", List.of(put(modelVersion, "tokenizer.json", tokenizer.toJson(), Map.of())));
    }

    private static BpeTokenizer tokenizer() {
        BpeTrainer trainer = new BpeTrainer(262, TieRule.SMALLEST_IDS);
        trainer.add("the end of the tale is the end of the day");
        return trainer.train();
    }

    public void seal(String folder, String kind, List<Manifest.Entry> entries) {
        objects.put(folder + "/manifest.json", new Manifest(kind, Map.of(), entries).toJson());
    }

    public Manifest.Entry put(String folder, String key, byte[] content, Map<String, String> attributes) {
        objects.put(folder + "/" + key, content);
        return new Manifest.Entry(key, content.length, Sha256.of(content), attributes);
    }

    public byte[] shard(List<String> documents, String tokenizerSha256) throws IOException {
        Path file = Files.createTempFile("shard", "");
        try (TokenShardWriter writer =
                TokenShardWriter.create(file, TokenShardHeader.of(tokenizer.vocabularySize(), tokenizerSha256))) {
            for (String document : documents) {
                int[] ids = tokenizer.encode(document);
                writer.append(ids, 0, ids.length);
                writer.append(new int[] {tokenizer.endOfText()}, 0, 1);
            }
            SealedFile sealed = writer.seal();
            byte[] bytes = Files.readAllBytes(file);
            if (sealed.size() != bytes.length) {
                throw new IllegalStateException(file + ": not what was sealed");
            }
            return bytes;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** Tokens of validation text. */
    public long tokens() {
        return ids().size();
    }

    /** UTF-8 bytes of validation text. */
    public static long bytes() {
        return DOCUMENTS.stream()
                .flatMap(List::stream)
                .mapToLong(document -> document.getBytes(StandardCharsets.UTF_8).length)
                .sum();
    }

    /** What {@link #logProbability} makes of the validation text. */
    public double nats() {
        return ids().stream().mapToDouble(id -> -logProbability(id)).sum();
    }

    /** A model's opinion that is exact in binary, and needs no model. */
    public static float logProbability(int id) {
        return -(1 + id % 7) * 0.25f;
    }

    private List<Integer> ids() {
        return DOCUMENTS.stream()
                .flatMap(List::stream)
                .flatMap(document -> Arrays.stream(tokenizer.encode(document)).boxed())
                .toList();
    }
}
