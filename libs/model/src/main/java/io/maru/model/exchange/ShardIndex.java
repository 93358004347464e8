package io.maru.model.exchange;

import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.ConfigJson;
import io.maru.model.configuration.UnsupportedModelException;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The {@code model.safetensors.index.json} of weights that lie in several files: which tensor lies in which.
 *
 * <pre>
 *   {"metadata": {"total_size": 1234},
 *    "weight_map": {"model.norm.weight": "model-00002-of-00002.safetensors", ...}}
 * </pre>
 */
record ShardIndex(Map<String, String> fileOfTensor) {
    static final String FILE = "model.safetensors.index.json";

    private static final String MAP = "weight_map";
    /** A name that leads out of the folder is none. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\\.safetensors");

    /** @throws UnsupportedModelException if it is no such file, or names one that is none of a folder */
    static ShardIndex parse(byte[] json) {
        ConfigJson index = ConfigJson.parse(FILE, json);
        Map<String, String> files = index.at(MAP).texts();
        if (files.isEmpty()) {
            throw new UnsupportedModelException(FILE + ": " + MAP, "no tensor", "the file of each tensor");
        }
        for (String file : files.values()) {
            if (!NAME.matcher(file).matches()) {
                throw new UnsupportedModelException(
                        FILE + ": " + MAP, file, "the name of a safetensors file beside it");
            }
        }
        return new ShardIndex(files);
    }

    SortedSet<String> files() {
        return new TreeSet<>(fileOfTensor.values());
    }

    void requireIn(Map<String, SafetensorsFile> shards) {
        fileOfTensor.forEach((tensor, file) -> {
            if (!shards.get(file).contains(tensor)) {
                throw new UnsupportedModelException(
                        "tensor " + tensor, "absent", "one in " + file + ", as the index tells");
            }
        });
    }
}
