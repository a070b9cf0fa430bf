"""What is checked of a clusterer before anything runs."""

import json

import pytest
from actopo.errors import InputError
from actopo.mapper.check_clusterer import check


def test_a_clusterer_and_its_parameters():
    own = {"path": "sklearn.cluster.HDBSCAN", "params": {"min_cluster_size": 20}, "min_points": 20}
    assert check(json.dumps([own])) == "HDBSCAN"
    assert check(json.dumps([{"path": "sklearn.cluster.KMeans"}])) == "KMeans"
    with pytest.raises(InputError, match=r"there is no clusterer 'sklearn\.cluster\.HDBSCANS'"):
        check(json.dumps([{"path": "sklearn.cluster.HDBSCANS"}]))
    with pytest.raises(InputError, match="does not take these parameters"):
        check(json.dumps([{"path": "sklearn.cluster.HDBSCAN", "params": {"min_cluster_size": -1}}]))
    with pytest.raises(InputError, match="does not take these parameters"):
        check(json.dumps([{"path": "sklearn.cluster.KMeans", "params": {"n_cluster": 3}}]))
