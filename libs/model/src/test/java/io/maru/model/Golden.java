package io.maru.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.data.Batch;
import io.maru.model.training.AdamW;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.IntStream;

/** Numbers of an independent reference, beside the configuration and the batch that they are of. */
public record Golden(JsonNode json) {
    public static Golden read(String family) {
        try (InputStream resource = Golden.class.getResourceAsStream("/" + family + "-golden.json")) {
            return new Golden(new ObjectMapper().readTree(resource));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public DecoderConfig config() {
        return DecoderConfig.fromJson(json.get("config").toString().getBytes(UTF_8));
    }

    public AdamW adamW() {
        return new AdamW(
                (float) number("/adamw/beta1"),
                (float) number("/adamw/beta2"),
                (float) number("/adamw/epsilon"),
                (float) number("/adamw/weightDecay"),
                (float) number("/adamw/clipNorm"));
    }

    public int batch() {
        return json.get("batch").intValue();
    }

    public int[] inputs() {
        return ints("/inputs");
    }

    public int[] targets() {
        return ints("/targets");
    }

    public double number(String path) {
        return json.at(path).doubleValue();
    }

    public float[] floats(String path) {
        JsonNode array = json.at(path);
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }

    /** The rule by which the scripts make their weights, too. */
    public Weights initial() {
        DecoderConfig config = config();
        List<Parameter> parameters = config.parameters();
        List<String> names = parameters.stream().map(Parameter::name).toList();
        return Weights.read(config, (name, into) -> {
            int index = names.indexOf(name);
            Parameter parameter = parameters.get(index);
            for (int j = 0; into.hasRemaining(); j++) {
                double wave = 0.3 * Math.sin(12.9898 * (j + 1) + 78.233 * (index + 1));
                into.put((float) (parameter.initial().mean() + wave));
            }
        });
    }

    /** Weights, segments and positions too, of a golden file that has them. */
    public Batch packed() {
        return Batch.packed(inputs(), targets(), floats("/weights"), ints("/segments"), ints("/positions"));
    }

    private int[] ints(String path) {
        JsonNode array = json.at(path);
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }
}
