"""Checkpoints in any file system that Spark knows: hdfs, s3a, gs, abfs, file."""

from typing import Any

from pyspark.sql import SparkSession

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.failures import spark_error


class HadoopFolder:
    """A Store. Files get their names when they are complete."""

    def __init__(self, session: SparkSession, uri: str) -> None:
        jvm: Any = session.sparkContext._jvm
        self.jvm, self.uri = jvm, uri
        try:
            self.folder = jvm.org.apache.hadoop.fs.Path(uri)
            configuration = session.sparkContext._jsc.hadoopConfiguration()
            self.system = self.folder.getFileSystem(configuration)
        except Exception as error:  # anything that Java throws
            raise self._failed("reach", uri, error) from None

    def names(self) -> list[str]:
        try:
            if not self.system.exists(self.folder):
                return []
            return [status.getPath().getName() for status in self.system.listStatus(self.folder)]
        except Exception as error:
            raise self._failed("read", self.uri, error) from None

    def read(self, name: str) -> bytes:
        try:
            stream = self.system.open(self._path(name))
            try:
                return bytes(self.jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
            finally:
                stream.close()
        except Exception as error:
            raise self._failed("read", f"{self.uri}/{name}", error) from None

    def write(self, name: str, data: bytes) -> None:
        temporary, path = self._path(f".{name}.writing"), self._path(name)
        try:
            stream = self.system.create(temporary, True)
            try:
                stream.write(data)
            finally:
                stream.close()
            self.system.delete(path, False)
            if not self.system.rename(temporary, path):
                raise OSError("it cannot be renamed")
        except Exception as error:
            raise self._failed("write", f"{self.uri}/{name}", error) from None

    def clear(self) -> None:
        """Remove it, with all that is in it."""
        try:
            self.system.delete(self.folder, True)
        except Exception as error:
            raise self._failed("remove", self.uri, error) from None

    def remove(self, name: str) -> None:
        try:
            self.system.delete(self._path(name), False)
        except Exception as error:
            raise self._failed("remove", f"{self.uri}/{name}", error) from None

    def _path(self, name: str) -> Any:
        return self.jvm.org.apache.hadoop.fs.Path(self.folder, name)

    def _failed(self, what: str, path: str, error: BaseException) -> LenetError:
        return spark_error(error, f"cannot {what} {path}")
