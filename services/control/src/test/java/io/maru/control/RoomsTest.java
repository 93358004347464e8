package io.maru.control;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoomsTest {
    private static final String HOME = "io.maru.control";
    private static final String[] DOORS = {HOME + ".grpc..", HOME + ".kafka..", HOME + ".store..", HOME + ".neighbour.."
    };
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(HOME);

    @Test
    void domainAndAppArePlain() {
        noClasses()
                .that()
                .resideInAnyPackage(HOME + ".domain", HOME + ".app")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.quarkus..",
                        "io.smallrye..",
                        "jakarta..",
                        "io.grpc..",
                        "com.google.protobuf..",
                        "org.apache.kafka..",
                        "java.sql..",
                        "io.minio..",
                        "io.micrometer..",
                        "io.maru.*.v1..",
                        "io.maru.platform.database..",
                        "io.maru.platform.event..",
                        "io.maru.platform.grpc..",
                        "io.maru.platform.store..",
                        "io.maru.platform.work..")
                .check(CLASSES);
    }

    @Test
    void domainKnowsNoOtherRoom() {
        noClasses()
                .that()
                .resideInAPackage(HOME + ".domain")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(HOME, HOME + ".app..")
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage(DOORS)
                .check(CLASSES);
    }

    @Test
    void appKnowsNoDoor() {
        noClasses()
                .that()
                .resideInAPackage(HOME + ".app")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(DOORS)
                .check(CLASSES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "kafka", "store", "neighbour"})
    void noDoorSeesAnother(String door) {
        for (String other : DOORS) {
            if (!other.equals(HOME + "." + door + "..")) {
                noClasses()
                        .that()
                        .resideInAPackage(HOME + "." + door + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(other)
                        .check(CLASSES);
            }
        }
    }
}
