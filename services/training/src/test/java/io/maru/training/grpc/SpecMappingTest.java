package io.maru.training.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.maru.model.kernel.Precision;
import io.maru.platform.error.Violations;
import io.maru.platform.spec.Spec;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Specs;
import io.maru.training.domain.TrainingSpec;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecMappingTest {
    private static final String SMALL = "{'model': {'layers': 1, 'heads': 2, 'width': 16, 'block': 8}, 'steps': 24}";

    @Test
    void theContractAndTheDomainHaveTheSameFields() {
        assertThat(components(TrainingSpec.class))
                .containsExactlyInAnyOrderElementsOf(fields(io.maru.training.v1.TrainingSpec.getDescriptor()));
        assertThat(components(ModelSpec.class))
                .containsExactlyInAnyOrderElementsOf(fields(io.maru.training.v1.ModelSpec.getDescriptor()));
    }

    private static List<String> components(Class<?> type) {
        return Stream.of(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }

    private static List<String> fields(Descriptor type) {
        return type.getFields().stream().map(FieldDescriptor::getJsonName).toList();
    }

    @Test
    void whatIsNotSaidHasItsDefaultOrFollows() {
        TrainingSpec spec = SpecMapping.toDomain(read(SMALL));

        assertThat(spec)
                .isEqualTo(Specs.with(
                        Specs.spec(Specs.TINY, 24, -1, 1e-3, -1, -1, 0.1, 0.9, 0.99, 1, 1337, 250, 20, 500),
                        Map.of("accumulation", TrainingSpec.FOLLOWS)));
    }

    @Test
    void whatIsSaidComesThroughAndBack() {
        io.maru.training.v1.TrainingSpec said = read("""
                {'model': {'layers': 1, 'heads': 2, 'width': 16, 'block': 8, 'family': 'llama', 'keyValueHeads': 1,
                           'ownHead': true},
                 'steps': 24, 'batch': 'auto', 'learningRate': 'auto', 'minLearningRate': 0, 'warmupSteps': 0, 'seed': 7,
                 'precision': 'bfloat16', 'mix': [{'dataset': 'datasets/b'}], 'onDivergence': 'skip'}
                """);

        TrainingSpec spec = SpecMapping.toDomain(said);

        assertThat(spec.model().keyValueHeads()).isEqualTo(1);
        assertThat(spec.batch()).isEqualTo(TrainingSpec.AUTO);
        assertThat(spec.learningRate()).isEqualTo(TrainingSpec.AUTO);
        assertThat(spec.minLearningRate()).isZero();
        assertThat(spec.precision()).isEqualTo(Precision.BFLOAT16);
        assertThat(spec.mix().get(0).weight()).isEqualTo(1);
        io.maru.training.v1.TrainingSpec back = SpecMapping.toProto(spec);
        assertThat(back.getSeed()).isEqualTo(7);
        assertThat(back.hasBatchTokens()).isFalse();
        assertThat(back.getModel().hasIntermediate()).isFalse();
        assertThat(SpecMapping.toDomain(back)).isEqualTo(spec);
    }

    @Test
    void aShapeThatIsMissingIsThatOfTheFirstWeights() {
        assertThat(SpecMapping.toDomain(read("{'steps': 24}")).model()).isEqualTo(ModelSpec.OF_INIT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'layers': 1 | 'layers': 0 | model.layers: 0 (expected: ",
                "'heads': 2 | 'heads': 40000 | model.heads: 40000 (expected: ",
                "'width': 16 | 'width': -8 | model.width: -8 (expected: ",
                "'block': 8 | 'block': 200000 | model.block: 200000 (expected: ",
                "'steps': 24 | 'seed': 1 | steps: missing (expected: ",
                "'steps': 24 | 'steps': -1 | steps: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'batch': -2 | batch: -2 (expected: ",
                "'steps': 24 | 'steps': 24, 'learningRate': 11 | learningRate: 11 (expected: ",
                "'steps': 24 | 'steps': 24, 'learningRate': 1e-300 | learningRate: 1.0E-300 (expected: ",
                "'steps': 24 | 'steps': 24, 'minLearningRate': -1 | minLearningRate: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'warmupSteps': -1 | warmupSteps: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'weightDecay': -0.1 | weightDecay: -0.1 (expected: ",
                "'steps': 24 | 'steps': 24, 'dropout': 1 | dropout: 1 (expected: ",
                "'steps': 24 | 'steps': 24, 'accumulation': -1 | accumulation: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'devices': 65 | devices: 65 (expected: ",
                "'steps': 24 | 'steps': 24, 'workers': 0 | workers: 0 (expected: ",
                "'steps': 24 | 'steps': 24, 'beta1': 0.9999999999 | beta1: 0.9999999999 (expected: ",
                "'steps': 24 | 'steps': 24, 'beta2': -0.1 | beta2: -0.1 (expected: ",
                "'steps': 24 | 'steps': 24, 'gradientClip': -1 | gradientClip: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'validateEvery': 0 | validateEvery: 0 (expected: ",
                "'steps': 24 | 'steps': 24, 'validationBatches': 0 | validationBatches: 0 (expected: ",
                "'steps': 24 | 'steps': 24, 'checkpointEvery': 0 | checkpointEvery: 0 (expected: ",
                "'steps': 24 | 'steps': 24, 'earlyStop': -1 | earlyStop: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'keepCheckpoints': -1 | keepCheckpoints: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'mix': [{'dataset': 'datasets/b', 'weight': -1}] | mix[0].weight: -1 (expected: ",
                "'steps': 24 | 'steps': 24, 'mix': [{'weight': 1}] | mix[0].dataset: missing (expected: ",
            })
    void refusesWhatAFieldMayNotBe(String of, String with, String message) {
        Violations violations = new Violations();
        Spec.check(read(SMALL.replace(of, with)), "", violations);

        assertThat(violations.list()).singleElement().asString().startsWith(message);
    }

    private static io.maru.training.v1.TrainingSpec read(String json) {
        io.maru.training.v1.TrainingSpec.Builder spec = io.maru.training.v1.TrainingSpec.newBuilder();
        Violations violations = new Violations();
        try {
            Spec.read((ObjectNode) new JsonMapper().readTree(json.replace('\'', '"')), spec, "", violations);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
        assertThat(violations.list()).isEmpty();
        return spec.build();
    }
}
