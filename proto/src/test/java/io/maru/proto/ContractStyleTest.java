package io.maru.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.maru.options.v1.Options;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How the .proto files are written: names that a reader can predict. */
class ContractStyleTest {
    private static final Pattern FILE = Pattern.compile("maru/([a-z]+)/(v[1-9][0-9]*)/([a-z]+)\\.proto");
    private static final String LOWER_SNAKE = "[a-z][a-z0-9]*(_[a-z0-9]+)*";
    private static final String UPPER_SNAKE = "[A-Z][A-Z0-9]*(_[A-Z0-9]+)*";
    private static final String UPPER_CAMEL = "([A-Z][a-z0-9]+)+";

    static List<FileDescriptor> files() {
        return Contracts.files();
    }

    static List<FileDescriptor> apis() {
        return Contracts.apis();
    }

    @Test
    void knowsEveryFileOfTheFolder() {
        assertThat(Contracts.files().stream().map(FileDescriptor::getName))
                .containsExactlyInAnyOrderElementsOf(Contracts.sourceNames());
    }

    @ParameterizedTest
    @MethodSource("files")
    void aFileLiesWhereItsPackageSays(FileDescriptor file) {
        Matcher name = FILE.matcher(file.getName());
        assertThat(file.getName()).matches(FILE);
        assertThat(name.matches()).isTrue();

        assertThat(file.getPackage()).isEqualTo("maru." + name.group(1) + "." + name.group(2));
        assertThat(file.getOptions().getJavaPackage()).isEqualTo("io." + file.getPackage());
        assertThat(file.getOptions().getJavaMultipleFiles()).isTrue();
        assertThat(file.toProto().getSyntax()).isEqualTo("proto3");
        assertThat(name.group(3)).as("a file is its service's or its events'").isIn(name.group(1), "events");
    }

    @ParameterizedTest
    @MethodSource("files")
    void noApiImportsAnother(FileDescriptor file) {
        assertThat(file.getDependencies())
                .allSatisfy(imported -> assertThat(imported.getName()).matches("google/.*|maru/options/.*"));
    }

    @ParameterizedTest
    @MethodSource("apis")
    void aServiceFileHasOneServiceNamedAfterItAndAnEventFileNone(FileDescriptor file) {
        Matcher name = FILE.matcher(file.getName());
        assertThat(name.matches()).isTrue();
        String folder = name.group(1);
        List<String> expected = name.group(3).equals("events")
                ? List.of()
                : List.of(folder.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + folder.substring(1) + "Service");

        assertThat(file.getServices().stream().map(ServiceDescriptor::getName)).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("files")
    void aMethodTakesARequestOfItsOwnName(FileDescriptor file) {
        assertThat(methods(file))
                .allSatisfy(
                        method -> assertThat(method.getInputType().getName()).isEqualTo(method.getName() + "Request"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void aMethodAnswersWithAResourceOrAResponseOfItsOwnName(FileDescriptor file) {
        assertThat(methods(file)).allSatisfy(method -> {
            Descriptor answer = method.getOutputType();
            assertThat(answer.getFile()).isEqualTo(file);
            assertThat(answer.getName()).doesNotEndWith("Request");
            if (answer.getName().endsWith("Response")) {
                assertThat(answer.getName()).isEqualTo(method.getName() + "Response");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyTopLevelRequestAndResponseBelongsToAMethod(FileDescriptor file) {
        Set<Descriptor> used = new HashSet<>();
        methods(file).forEach(method -> {
            used.add(method.getInputType());
            used.add(method.getOutputType());
        });
        assertThat(file.getMessageTypes().stream()
                        .filter(message -> message.getName().matches(".*(Request|Response)"))
                        .filter(message -> !used.contains(message)))
                .isEmpty();
    }

    /** Who may call it must be known for every method, or it would be open to all by mistake. */
    @ParameterizedTest
    @MethodSource("apis")
    void aMethodStatesThePermissionThatItNeeds(FileDescriptor file) {
        assertThat(methods(file))
                .allSatisfy(method -> assertThat(method.getOptions().getExtension(Options.permission))
                        .as(method.getFullName())
                        .matches("[a-z][A-Za-z]*\\.[a-z]+"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void aPagedListHasBothEndsOfItsPages(FileDescriptor file) {
        assertThat(methods(file)).allSatisfy(method -> {
            Set<String> request = fieldNames(method.getInputType());
            Set<String> response = fieldNames(method.getOutputType());
            boolean paged = request.contains("page_size");
            assertThat(request.contains("page_token")).as(method.getFullName()).isEqualTo(paged);
            assertThat(response.contains("next_page_token"))
                    .as(method.getFullName())
                    .isEqualTo(paged);
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void aWatchResumesFromARevisionOrASequence(FileDescriptor file) {
        assertThat(methods(file).filter(method -> method.getName().startsWith("Watch")))
                .allSatisfy(method -> {
                    assertThat(method.isServerStreaming())
                            .as(method.getFullName())
                            .isTrue();
                    assertThat(fieldNames(method.getInputType()))
                            .as(method.getFullName())
                            .containsAnyOf("after_revision", "after_sequence");
                });
    }

    @ParameterizedTest
    @MethodSource("files")
    void messagesAndFieldsAreNamedAsProtobufsGuideSays(FileDescriptor file) {
        assertThat(Contracts.messages(file)).allSatisfy(message -> {
            assertThat(message.getName()).matches(UPPER_CAMEL);
            assertThat(message.getFields()).allSatisfy(field -> assertThat(field.getName())
                    .as(message.getFullName())
                    .matches(LOWER_SNAKE));
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void anEnumStartsWithAnUnspecifiedZero(FileDescriptor file) {
        assertThat(enums(file)).allSatisfy(type -> {
            assertThat(type.getName()).matches(UPPER_CAMEL);
            assertThat(type.getValues())
                    .allSatisfy(value ->
                            assertThat(value.getName()).as(type.getFullName()).matches(UPPER_SNAKE));
            String prefix =
                    type.getName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toUpperCase(java.util.Locale.ROOT);
            assertThat(type.getValues().get(0).getNumber()).isZero();
            assertThat(type.getValues().get(0).getName()).isEqualTo(prefix + "_UNSPECIFIED");
        });
    }

    private static Stream<MethodDescriptor> methods(FileDescriptor file) {
        return file.getServices().stream().flatMap(service -> service.getMethods().stream());
    }

    private static List<EnumDescriptor> enums(FileDescriptor file) {
        List<EnumDescriptor> enums = new ArrayList<>(file.getEnumTypes());
        Contracts.messages(file).forEach(message -> enums.addAll(message.getEnumTypes()));
        return enums;
    }

    private static Set<String> fieldNames(Descriptor message) {
        Set<String> names = new HashSet<>();
        for (FieldDescriptor field : message.getFields()) {
            names.add(field.getName());
        }
        return names;
    }
}
