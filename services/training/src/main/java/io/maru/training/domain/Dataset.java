package io.maru.training.domain;

import io.maru.formats.CorruptFileException;
import io.maru.formats.Manifest;
import java.util.List;
import java.util.Map;

/**
 * What a dataset's manifest tells of it.
 *
 * @param name {@code datasets/{dataset}}, also the prefix of its object keys
 * @param sha256 of the manifest, so of everything in it
 * @param tokenizerSha256 of the tokenizer.json that made the tokens
 * @param train shards in the order of the manifest, which is also that of the batches
 */
public record Dataset(
        String name,
        String sha256,
        String tokenizerSha256,
        int vocabularySize,
        Manifest.Entry tokenizer,
        Manifest.Entry tokenizerConfig,
        List<Shard> train,
        List<Shard> validation) {
    /** Where a dataset keeps its manifest, below its name. */
    public static final String MANIFEST = "manifest.json";

    private static final String KIND = "dataset";

    /** @param tokens in the shard, as its own header must tell too */
    public record Shard(Manifest.Entry entry, long tokens) {}

    public Dataset {
        train = List.copyOf(train);
        validation = List.copyOf(validation);
    }

    /** @throws CorruptFileException where the manifest is of another kind, or lacks what a dataset has */
    public static Dataset of(String name, Manifest manifest) {
        String file = name + "/" + MANIFEST;
        if (!manifest.kind().equals(KIND)) {
            throw new CorruptFileException(file, "kind", manifest.kind(), KIND);
        }
        Dataset dataset = new Dataset(
                name,
                manifest.digest(),
                attribute(file, "attributes", manifest.attributes(), "tokenizerSha256"),
                (int) count(file, "attributes", manifest.attributes(), "vocabularySize", Integer.MAX_VALUE),
                entry(file, manifest, "tokenizer.json"),
                entry(file, manifest, "tokenizer_config.json"),
                shards(file, manifest, "train"),
                shards(file, manifest, "validation"));
        if (!dataset.tokenizer.sha256().equals(dataset.tokenizerSha256)) {
            throw new CorruptFileException(
                    file, "tokenizer.json", "sha256 " + dataset.tokenizer.sha256(), dataset.tokenizerSha256);
        }
        return dataset;
    }

    public String key(Manifest.Entry entry) {
        return name + "/" + entry.key();
    }

    private static List<Shard> shards(String file, Manifest manifest, String split) {
        return manifest.entries().stream()
                .filter(entry -> split.equals(entry.attributes().get("split")))
                .map(entry ->
                        new Shard(entry, count(file, entry.key(), entry.attributes(), "tokens", Integer.MAX_VALUE)))
                .toList();
    }

    private static Manifest.Entry entry(String file, Manifest manifest, String key) {
        return manifest.entries().stream()
                .filter(entry -> entry.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new CorruptFileException(file, "entries", "no " + key, "one"));
    }

    private static String attribute(String file, String place, Map<String, String> attributes, String key) {
        String value = attributes.get(key);
        if (value == null) {
            throw new CorruptFileException(file, place, "no " + key, "one");
        }
        return value;
    }

    private static long count(String file, String place, Map<String, String> attributes, String key, long max) {
        String value = attribute(file, place, attributes, key);
        if (!value.matches("[0-9]{1,18}") || Long.parseLong(value) > max) {
            throw new CorruptFileException(file, place + ", " + key, value, "0.." + max);
        }
        return Long.parseLong(value);
    }
}
