package io.maru.model;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PackagesTest {
    private static final String HOME = "io.maru.model.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.maru.model");

    /** Whom each package may see. */
    private static final Map<String, List<String>> SEES = sees();

    private static Map<String, List<String>> sees() {
        Map<String, List<String>> sees = new LinkedHashMap<>();
        sees.put("random", List.of());
        sees.put("tensor", List.of());
        sees.put("configuration", List.of("random"));
        sees.put("weights", List.of("configuration", "tensor"));
        sees.put("exchange", List.of("weights", "configuration"));
        sees.put("kernel", List.of("weights", "configuration", "tensor", "random"));
        sees.put("device", List.of("kernel", "tensor"));
        sees.put("data", List.of("random"));
        sees.put("objective", List.of("kernel"));
        sees.put("layer", List.of("objective", "kernel", "configuration"));
        sees.put("cluster", List.of("data", "device", "tensor"));
        sees.put(
                "training",
                List.of(
                        "cluster",
                        "data",
                        "device",
                        "layer",
                        "objective",
                        "kernel",
                        "weights",
                        "configuration",
                        "tensor"));
        sees.put(
                "decoding",
                List.of("device", "layer", "objective", "kernel", "weights", "configuration", "tensor", "random"));
        return sees;
    }

    @Test
    void eachPackageSeesOnlyThoseBelowIt() {
        LayeredArchitecture packages = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String name : SEES.keySet()) {
            packages = packages.layer(name).definedBy(HOME + name);
        }
        for (Map.Entry<String, List<String>> each : SEES.entrySet()) {
            packages = each.getValue().isEmpty()
                    ? packages.whereLayer(each.getKey()).mayNotAccessAnyLayer()
                    : packages.whereLayer(each.getKey())
                            .mayOnlyAccessLayers(each.getValue().toArray(new String[0]));
        }
        packages.check(CLASSES);
    }

    @Test
    void noPackageSeesItselfThroughOthers() {
        slices().matching(HOME + "(*)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void everyClassIsInAPackageOfTheList() {
        assertThat(CLASSES.stream()
                        .map(found -> found.getPackageName())
                        .filter(found -> found.startsWith(HOME))
                        .map(found -> found.substring(HOME.length()))
                        .collect(Collectors.toSet()))
                .isEqualTo(SEES.keySet());
    }

    @Test
    void dataOrderAndRandomNumbersKnowNothingOfTensorFlow() {
        classes()
                .that()
                .resideInAnyPackage(HOME + "random", HOME + "data")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", HOME + "random", HOME + "data")
                .check(CLASSES);
    }
}
