package io.maru.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A sealed dataset of a few hundred tokens, as tokenization leaves it. */
public record TinyDataset(String name, Map<String, byte[]> objects) {
    public static final int VOCABULARY = 280;

    private static final String TEXT = "the cat sat on the mat and the dog sat on the cat; a rat ran at the cat. ";

    /** @param folder for files on their way */
    public static TinyDataset of(String name, Path folder) throws IOException {
        return of(name, folder, "");
    }

    /** Another one in the same tokens, whose second training shard begins with a text of its own. */
    public static TinyDataset of(String name, Path folder, String opening) throws IOException {
        BpeTrainer trainer = new BpeTrainer(VOCABULARY, TieRule.SMALLEST_IDS);
        trainer.add(TEXT);
        BpeTokenizer tokenizer = trainer.train();
        Map<String, byte[]> objects = new LinkedHashMap<>();
        List<Manifest.Entry> entries = new ArrayList<>();
        byte[] tokenizerJson = tokenizer.toJson();
        add(objects, entries, name, "tokenizer.json", tokenizerJson, Map.of());
        add(objects, entries, name, "tokenizer_config.json", tokenizer.configJson(), Map.of());
        String digest = Sha256.of(tokenizerJson);
        TokenShardHeader header = TokenShardHeader.of(tokenizer.vocabularySize(), digest);
        for (String shard : List.of("train-00000", "train-00001", "validation-00000")) {
            int[] ids = tokenizer.encode((shard.equals("train-00001") ? opening : "")
                    + (TEXT + shard + "\n").repeat(shard.startsWith("train") ? 20 : 6));
            Path file = folder.resolve(shard);
            try (TokenShardWriter writer = TokenShardWriter.create(file, header)) {
                writer.append(ids, 0, ids.length);
                writer.append(new int[] {tokenizer.endOfText()}, 0, 1);
                writer.seal();
            }
            add(
                    objects,
                    entries,
                    name,
                    "shards/" + shard,
                    Files.readAllBytes(file),
                    Map.of(
                            "split", shard.substring(0, shard.indexOf('-')),
                            "tokens", Integer.toString(ids.length + 1),
                            "textBytes", "1"));
        }
        Manifest manifest = new Manifest(
                "dataset",
                Map.of(
                        "corpusSha256", Sha256.of("corpus".getBytes(UTF_8)),
                        "tokenizerSha256", digest,
                        "vocabularySize", Integer.toString(tokenizer.vocabularySize()),
                        "trainTokens", "0",
                        "validationTokens", "0",
                        "trainBytes", "1",
                        "validationBytes", "1"),
                entries);
        objects.put(name + "/manifest.json", manifest.toJson());
        return new TinyDataset(name, objects);
    }

    private static void add(
            Map<String, byte[]> objects,
            List<Manifest.Entry> entries,
            String name,
            String key,
            byte[] content,
            Map<String, String> attributes) {
        SealedFile file = new SealedFile(content.length, Sha256.of(content));
        objects.put(name + "/" + key, content);
        entries.add(new Manifest.Entry(key, file.size(), file.sha256(), attributes));
    }
}
